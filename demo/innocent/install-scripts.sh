# about: a package manager of node fetches archives, unpacks them, and runs their install scripts in shells
# needs: node python3 tar
mkdir -p pk/package; echo '{"name":"a","scripts":{"postinstall":"sh build.sh"}}' >pk/package/package.json; printf 'node -e "console.log(process.version)"; uname -m; mkdir -p bin; echo ok >bin/x\n' >pk/package/build.sh; tar czf a.tgz -C pk package
python3 -m http.server 5108 --bind 127.0.0.1 >/dev/null 2>&1 & S=$!
sleep 0.7
node -e 'const h=require("http"),cp=require("child_process"),fs=require("fs");const agent=new h.Agent({keepAlive:true});
(async()=>{for(const n of ["x","y","z"]){await new Promise(r=>h.get({port:5108,host:"127.0.0.1",path:"/a.tgz",agent},m=>{fs.mkdirSync("m/"+n,{recursive:true});const t=cp.spawn("tar",["xz","-C","m/"+n],{stdio:["pipe","inherit","inherit"]});m.pipe(t.stdin);t.on("exit",r)}));
await new Promise(r=>{const p=cp.spawn("sh",["-c","sh build.sh"],{cwd:"m/"+n+"/package",stdio:["pipe","pipe","pipe"]});p.stdout.on("data",d=>d);p.on("exit",r)})}agent.destroy()})()'; test -e m/z/package/bin/x; R=$?
kill $S; (exit $R)
