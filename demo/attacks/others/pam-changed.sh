# about: the rules of logins are edited
# expect: persistence medium
mkdir -p /etc/pam.d; touch /etc/pam.d/sshd; sed -i '1i auth sufficient pam_permit.so' /etc/pam.d/sshd; grep -q permit /etc/pam.d/sshd
