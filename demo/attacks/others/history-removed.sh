# about: a history is removed
# expect: defense_evasion medium
echo id >/root/.bash_history; rm /root/.bash_history
