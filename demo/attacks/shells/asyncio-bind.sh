# about: asyncio waits, and copies between each caller and a shell on pipes
# expect: bind_shell medium
# needs: python3
proven_caller 4530
timeout 7 python3 -c 'import asyncio
async def copy(r,w):
    while d:=await r.read(4096): w.write(d); await w.drain()
async def on(r,w):
    p=await asyncio.create_subprocess_exec("sh",stdin=-1,stdout=-1,stderr=-2)
    asyncio.ensure_future(copy(r,p.stdin)); await copy(p.stdout,w); w.close()
async def main():
    s=await asyncio.start_server(on,"127.0.0.1",4530); await s.serve_forever()
asyncio.run(main())' || true
answered
