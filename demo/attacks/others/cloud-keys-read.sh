# about: keys of a cloud are read by a tool that is not of the cloud
# expect: credential_access medium
mkdir -p /root/.aws; printf '[default]\naws_secret_access_key=x\n' >/root/.aws/credentials; sleep 0.2
cat /root/.aws/credentials | grep -q secret
