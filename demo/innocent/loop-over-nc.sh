# about: a shell's loop reads lines that nc receives, sorts them, and answers nothing
# needs: nc
timeout 6 sh -c 'nc -l 127.0.0.1 5125 | while read -r level text; do echo "$(date +%s) $text" >>"$level.log"; done' & S=$!
sleep 0.5; (for n in 1 2 3 4; do echo "info something $n"; sleep 0.1; done; echo "error last") | nc -N 127.0.0.1 5125
wait $S; grep -q last error.log
