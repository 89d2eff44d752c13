# about: workers share pipes and sockets with their parent
# needs: python3
python3 -c 'import multiprocessing as m
if __name__=="__main__":
    with m.Pool(3) as p: print(sum(p.map(abs,range(100))))'; xargs -P 3 -n 1 sh -c "true" </dev/null; seq 6 | xargs -P 3 -I{} sh -c "echo {}" >/dev/null
