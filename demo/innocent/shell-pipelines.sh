# about: an ordinary pipeline of shells and filters
for i in 1 2 3; do ls -l /etc | grep conf | sort | sh -c "wc -l" >/dev/null; done; echo "echo hi" | sh; seq 5 | while read -r n; do echo "$n" | cat; done >/dev/null
