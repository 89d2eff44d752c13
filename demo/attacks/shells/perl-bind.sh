# about: perl waits
# expect: bind_shell high
# needs: python3 perl
caller 4443
timeout 6 perl -MSocket -e 'socket(S,PF_INET,SOCK_STREAM,6);setsockopt(S,SOL_SOCKET,SO_REUSEADDR,1);bind(S,sockaddr_in(4443,INADDR_LOOPBACK));listen(S,1);accept(C,S);open(STDIN,"<&C");open(STDOUT,">&C");open(STDERR,">&C");exec("/bin/sh","-i")' || true
done_typing
