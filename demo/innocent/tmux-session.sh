# about: somebody works in a tmux session: panes, commands, a log of the pane
# needs: tmux
export TERM=xterm
tmux -S t new-session -d -s w bash --norc; tmux -S t split-window -t w 'sh -c "top -b -n 1 >/dev/null; sleep 1"'
tmux -S t pipe-pane -o -t w 'cat >>pane.log'
for c in 'id' 'ls /' 'curl -s http://127.0.0.1:9/' 'echo $((6*7))-here'; do tmux -S t send-keys -t w.0 "$c" Enter; sleep 0.3; done
tmux -S t capture-pane -p -t w.0 | grep -q 42-here; R=$?
tmux -S t kill-server; (exit $R)
