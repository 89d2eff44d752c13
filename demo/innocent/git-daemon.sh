# about: git pushes over its own protocol to a daemon, whose hook is a script
# needs: git
export GIT_CONFIG_GLOBAL=$PWD/gc; git config --global user.email a@b; git config --global user.name a; git config --global --add safe.directory '*'
git init -q --bare b.git; printf '#!/bin/sh\nwhile read a b c; do echo "$b $c" >>/tmp/case/pushed; done; id\n' >b.git/hooks/post-receive; chmod +x b.git/hooks/post-receive
git daemon --reuseaddr --listen=127.0.0.1 --port=5124 --base-path="$PWD" --export-all --enable=receive-pack >/dev/null 2>&1 & S=$!
sleep 0.6; git init -q r; cd r; echo x >f; git add .; git commit -qm x; git push -q git://127.0.0.1:5124/b.git HEAD:main; git push -q git://127.0.0.1:5124/b.git HEAD:next; cd ..; git clone -q git://127.0.0.1:5124/b.git c -b main
kill $S; grep -q next pushed
