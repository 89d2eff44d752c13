# about: a program is driven over a terminal
# needs: python3 script
python3 -c 'import pty,os; pty.spawn(["sh","-c","id; tty; exit"])' >/dev/null; script -qc "sh -c id" /dev/null >/dev/null
