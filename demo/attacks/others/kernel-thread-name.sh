# about: a program calls itself as a thread of the kernel
# expect: defense_evasion medium
# needs: bash
bash -c "exec -a '[kthreadd]' sleep 0.2"
