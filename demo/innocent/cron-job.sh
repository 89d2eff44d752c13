# about: a job as cron runs it: a session of its own, output into a pipe
setsid sh -c '(echo start; tar -czf /tmp/nightly.tgz /etc/hostname 2>/dev/null; find /tmp -name "*.old" -delete; echo end) 2>&1 | cat >/tmp/cron.out'; logger -h >/dev/null 2>&1 || true
