# Programs that nobody here wrote, as `program NAME COMMAND` lines for whoever sources this after
# defining program(). Each runs about a second. Inputs are made in the current directory.

make_inputs() {
    awk 'BEGIN {srand(7); for (i = 0; i < 400000; i++) print int(rand() * 1e9)}' >numbers.txt
    awk 'BEGIN {
        print "#include <stdio.h>"
        for (f = 0; f < 400; f++) {
            printf "int f%d(int a, int *b)\n{\n    int s = a;\n", f
            printf "    for (int i = 0; i < a; i++)\n        s += b[i] * %d ^ (s >> %d);\n", f, f % 7
            printf "    switch (s & 7) {\n"
            for (c = 0; c < 6; c++) printf "    case %d: s *= %d; break;\n", c, c + f
            print "    }\n    return s;\n}"
        }
        print "int main(void) {int b[64] = {1}; int s = 0;"
        for (f = 0; f < 400; f++) printf "s += f%d(64, b);\n", f
        print "printf(\"%d\\n\", s);return 0;}"
    }' >big.c
    cat >work.py <<'PY'
import re, json
words = {}
for i in range(120000):
    key = re.sub(r"[aeiou]", "", "identifier%d" % (i % 5000))
    words[key] = words.get(key, 0) + len(json.dumps({"a": i, "b": [i, i + 1]}))
print(sum(words.values()))
PY
    cat >work.pl <<'PL'
my %h; for my $i (1 .. 400000) { my $k = "key" . ($i * 7919 % 10007); $h{$k} .= "x" if $k =~ /7$/; $h{$k}++ }
my $n = 0; $n += length($h{$_}) for sort keys %h; print "$n\n";
PL
    {
        echo 'create table t(a integer, b text, c real);'
        echo 'begin;'
        awk 'BEGIN {for (i = 0; i < 120000; i++)
            printf "insert into t values(%d, %cname%d%c, %f);\n", i * 7919 % 100003, 39, i, 39, i / 3}'
        echo 'commit; create index i on t(a); select count(*), sum(a) from t where b like "%7";'
    } >import.sql
}

have() { command -v "$1" >/dev/null; }

for_each_program() {
    make_inputs
    have gcc && program gcc gcc -O2 -c big.c -o big.o
    have python3 && program python3 python3 work.py
    have perl && program perl perl work.pl
    have openssl && head -c 600000000 /dev/zero >big.bin
    program sort sort -g numbers.txt -o sorted.txt
    have xz && program xz xz -4 -k -c numbers.txt
    have openssl && program openssl openssl dgst -sha256 -hmac key big.bin
    have sqlite3 && program sqlite3 sh -c 'sqlite3 :memory: <import.sql'
    have bzip2 && program bzip2 bzip2 -k -c numbers.txt
}
