#!/bin/bash
# No two folders define the same external symbol: static libraries would silently take the first.
set -u
twice=$(nm --defined-only "$BUILD"/libhwp_*.a 2>/dev/null | awk '$2 ~ /^[TDBRC]$/ {print $3}' |
    sort | uniq -d)
[ -z "$twice" ] && [ -n "$(ls "$BUILD"/libhwp_*.a)" ] && { echo 'no symbol is defined twice'; exit 0; }
echo 'defined in more than one library:'
echo "$twice"
exit 1
