#!/bin/sh
# Stands where Valgrind looks for the tool for a program that the model isn't made for (a 32-bit one
# that a modelled program starts): runs it as it is, and leaves word of that in the session's directory.
directory=
while [ $# -gt 0 ]; do
    case $1 in
    --) shift && break ;;
    --machine=*) directory=${1#--machine=} && directory=${directory%/machine} ;;
    -*) ;;
    *) break ;;
    esac
    shift
done
[ -z "$directory" ] || echo "$1" >>"$directory/as-is"
exec "$@"
