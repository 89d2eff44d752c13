# about: a history is led nowhere
# expect: defense_evasion medium
ln -sf /dev/null /root/.bash_history
