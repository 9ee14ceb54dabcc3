#!/bin/sh
# Opens the page; spreadsheets named behind it are read at once. 打开网页；其后写明的表格直接读入。
here=$(cd "$(dirname "$0")" && pwd) || exit 1
for python in "$here/.venv/bin/python" python3; do
    if command -v "$python" >/dev/null 2>&1 && "$python" -c "import chaingraph.serve, starlette" >/dev/null 2>&1; then
        count=$#
        while [ "$count" -gt 0 ]; do  # FILE becomes --drop FILE, whatever its name holds
            file=$1
            shift
            set -- "$@" --drop "$file"
            count=$((count - 1))
        done
        exec "$python" -X utf8 -m chaingraph serve --lang {lang} "$@"
    fi
done
if [ -d "$here/wheels" ] && command -v python3 >/dev/null 2>&1 && [ ! -d "$here/.venv" ]; then
    # the first time, without network: an environment of its own beside this file
    python3 -m venv "$here/.venv" &&
        "$here/.venv/bin/python" -m pip install --quiet --no-index --find-links "$here/wheels" "chaingraph[serve]" &&
        exec /bin/sh "$0" "$@"
    rm -rf "$here/.venv"
fi
echo "chaingraph: needs Python 3.11 or newer with chaingraph[serve], or its wheels in the folder wheels beside this file" >&2
echo "chaingraph：需要 Python 3.11 以上并安装 chaingraph[serve]，或把安装包放在本文件旁的 wheels 文件夹中" >&2
exit 1
