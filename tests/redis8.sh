#!/bin/sh
# Unpack Debian 13's Redis 8 into a folder, for the tests of the vector-set matcher: tests/redis8.sh FOLDER
#
# Debian 12 and most Ubuntu releases carry an older Redis without vector sets. Nothing is installed: apt works with lists
# and a package status of its own under FOLDER, asks the archive that this machine's own apt sources name, and checks the
# signatures by this machine's keyring. The program gets its own C library along and a loader to start it with.
set -eu

folder=$1
program=$folder/redis-server
if [ -x "$program" ] && "$program" --version >/dev/null 2>&1; then exit 0; fi
if redis-server --version 2>/dev/null | grep -qE ' v=([89]|[1-9][0-9])\.'; then exit 0; fi # tests take that one

archive=$(
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
        sed -n 's/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) .*/\2/p; s/^URIs: *\([^ ]*\).*/\1/p' |
        grep '/debian/*$' | head -n 1
) || true
if [ -z "$archive" ]; then
    echo "No Debian archive among this machine's apt sources. Put a redis-server of version 8 on PATH instead." >&2
    exit 1
fi

rm -rf "$folder"
mkdir -p "$folder/lists/partial" "$folder/archives/partial" "$folder/root"
folder=$(cd "$folder" && pwd)
program=$folder/redis-server
keyring=$(ls /usr/share/keyrings/debian-archive-keyring.* 2>/dev/null | head -n 1)
echo "deb ${keyring:+[signed-by=$keyring] }$archive trixie main" >"$folder/sources.list"
: >"$folder/status"

apart() {
    apt-get -qq \
        -o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$folder/lists" -o Dir::State::Status="$folder/status" \
        -o Dir::Cache="$folder" -o Dir::Cache::Archives="$folder/archives" \
        -o Debug::NoLocking=true -o APT::Sandbox::User="$(id -un)" "$@"
}
apart update
apart --yes --no-install-recommends --download-only install redis-server libc6 >/dev/null
for package in "$folder"/archives/*.deb; do dpkg-deb --extract "$package" "$folder/root"; done
rm -rf "$folder/lists" "$folder/archives" "$folder"/*.bin

loader=$(find "$folder/root" -name 'ld-linux*.so.*' | head -n 1)
libraries=$(dirname "$(find "$folder/root" -name 'libc.so.6' | head -n 1)")
others=$(dirname "$(find "$folder/root" -name 'libssl.so*' | head -n 1)")
cat >"$program" <<END
#!/bin/sh
exec "$loader" --argv0 redis-server --library-path "$libraries:$others" "$folder/root/usr/bin/redis-server" "\$@"
END
chmod +x "$program"
"$program" --version
