# about: git clones over http
# needs: git python3
export GIT_CONFIG_GLOBAL=$PWD/gc; git config --global user.email a@b; git config --global user.name a
git init -q r; (cd r; echo x >f; git add .; git commit -qm x; git update-server-info)
(cd r/.git; exec python3 -m http.server 5101 --bind 127.0.0.1) >/dev/null 2>&1 & S=$!
sleep 0.8; git clone -q http://127.0.0.1:5101/ c && test -e c/f; R=$?
kill $S; (exit $R)
