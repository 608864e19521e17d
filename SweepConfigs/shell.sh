#!/bin/sh
# Gradient descent with momentum towards the minimum of f(x) = (x - 3)^2 / 2, in millionths, with sh's arithmetic alone.
# Prints one JSON line a step: {"step": 1, "x": 8.400000, "loss": 14.580000}
set -eu

rate=10 momentum=0 steps=20 start=9
for argument in "$@"; do
    case $argument in
    --rate=*) rate=${argument#*=} ;;
    --momentum=*) momentum=${argument#*=} ;;
    --steps=*) steps=${argument#*=} ;;
    --start=*) start=${argument#*=} ;;
    *) echo "shell.sh: unknown option '$argument'; it takes --rate= --momentum= --steps= --start=" >&2 && exit 2 ;;
    esac
done

# decimal NAME MILLIONTHS: sets NAME to the number as text.
decimal() {
    if [ "$2" -lt 0 ]; then sign=- size=$((-$2)); else sign= size=$2; fi
    rest=$((size % 1000000 + 1000000))
    eval "$1=\$sign\$((size / 1000000)).\${rest#1}"
}

x=$((start * 1000000)) velocity=0 step=0
while [ "$step" -lt "$steps" ]; do
    step=$((step + 1))
    velocity=$(((velocity * momentum - (x - 3000000) * rate) / 100))
    x=$((x + velocity))
    decimal shown_x "$x"
    decimal loss $(((x - 3000000) * (x - 3000000) / 2000000))
    printf '{"step": %d, "x": %s, "loss": %s}\n' "$step" "$shown_x" "$loss"
done
