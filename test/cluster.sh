# shellcheck shell=bash
# Functions that ./quickstart, ./check and test/lint share: selecting the PostgreSQL
# installation, installing missing packages, building in a copy of the tree, running a
# server.  Source it in bash under `set -euo pipefail`; it runs nothing by itself.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# Isolate builds and servers from the caller's environment: from the options of a
# calling make, from the server that PG* variables name, and from a umask that would make
# installed files unreadable.
umask 022
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES CDPATH
for name in $(compgen -e); do
  case $name in
    PG_CONFIG) ;;
    PG*) unset "$name" ;;
  esac
done
export LC_ALL=C.UTF-8
# `su` without a dash can leave root without these directories.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# The output of steps goes here; it is shown only if a step fails.
STEP_LOG=/dev/null

say() {
  printf '%s\n' "$*"
}

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Prints the comment at the head of the script, which describes its use.
usage() {
  sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
}

# step WHAT COMMAND...: runs the command without output, and prints how long it took.  If
# it fails, reports the step and the end of its output, and ends the script; try_step
# returns the command's status instead.
step() {
  try_step "$@" || die "failed: $1 (see above)"
}

try_step() {
  local what=$1 status=0 began=$SECONDS
  shift
  printf '%s ... ' "$what"
  printf '\n== %s\n' "$what" >>"$STEP_LOG"
  "$@" </dev/null >>"$STEP_LOG" 2>&1 || status=$?
  say "$((SECONDS - began)) s"
  if [ "$status" -ne 0 ]; then
    tail -n 30 "$STEP_LOG" >&2
  fi
  return "$status"
}

# A signal interrupts neither a foreground command nor bash while that runs.  These two
# run a command, or a function, in the background and wait for it, so that the traps of
# the caller run at once; end_job() in a trap then ends the command.  Both run it in a
# process group of its own, which Ctrl-C in a terminal does not reach.
#
#   interruptible COMMAND...   end_job() kills it
#   unbroken COMMAND...        end_job() waits until it ends: for what must not be half done
JOB=
JOB_IS_UNBROKEN=

interruptible() {
  local status=0
  set -m
  ("$@") &
  JOB=$!
  set +m
  wait "$JOB" || status=$?
  JOB=
  return "$status"
}

unbroken() {
  local status=0
  JOB_IS_UNBROKEN=1
  interruptible "$@" || status=$?
  JOB_IS_UNBROKEN=
  return "$status"
}

end_job() {
  local try
  [ -n "$JOB" ] || return 0
  if [ -z "$JOB_IS_UNBROKEN" ]; then
    kill -TERM -- "-$JOB" 2>/dev/null || true
    for try in 1 2 3 4 5 6 7 8 9 10; do
      kill -0 -- "-$JOB" 2>/dev/null || break
      sleep "0.$try"
    done
    kill -KILL -- "-$JOB" 2>/dev/null || true
  fi
  wait "$JOB" 2>/dev/null || true
  JOB=
}

need_root() {
  [ "$(id -u)" -eq 0 ] || die "this installs packages and a server extension: run it as root, or with sudo"
}

# --- choosing the PostgreSQL ---

# The version that is tested on this Debian; on other systems the highest available one.
default_major() {
  local release='' major
  if [ -r /etc/os-release ]; then
    # shellcheck source=/dev/null
    release=$(. /etc/os-release && printf '%s-%s' "${ID:-}" "${VERSION_ID:-}")
  fi
  case $release in
    debian-12) say 15; return ;;
    debian-13) say 17; return ;;
  esac
  for major in 18 17 16 15; do
    if [ -e "/usr/lib/postgresql/$major/lib/pgxs/src/makefiles/pgxs.mk" ]; then
      say "$major"
      return
    fi
  done
  for major in 18 17 16 15; do
    if apt-cache show "postgresql-server-dev-$major" >/dev/null 2>&1; then
      say "$major"
      return
    fi
  done
  say 15
}

# Selects one PostgreSQL installation: sets PG_CONFIG, PG_BIN, PG_MAJOR.  PG_CONFIG in the
# environment overrides the choice.
choose_postgres() {
  local found
  case ${PG_CONFIG:=/usr/lib/postgresql/$(default_major)/bin/pg_config} in
    /usr/lib/postgresql/*/bin/pg_config)
      # The path in Debian's packages is known before they are installed.
      PG_BIN=${PG_CONFIG%/pg_config}
      PG_MAJOR=${PG_BIN#/usr/lib/postgresql/}
      PG_MAJOR=${PG_MAJOR%/bin}
      ;;
    *)
      found=$(command -v "$PG_CONFIG") || die "PG_CONFIG=$PG_CONFIG: no such program"
      # make runs in another directory.
      PG_CONFIG=$(realpath -s "$found")
      PG_BIN=$("$PG_CONFIG" --bindir)
      PG_MAJOR=$("$PG_CONFIG" --version | sed 's/^PostgreSQL \([0-9]*\).*/\1/')
      ;;
  esac
  case $PG_MAJOR in
    *[!0-9]* | '') die "PG_CONFIG=$PG_CONFIG: does not name a version of PostgreSQL" ;;
  esac
  [ "$PG_MAJOR" -ge 15 ] || die "PG_CONFIG=$PG_CONFIG: PostgreSQL $PG_MAJOR is not supported; taskcrm needs 15 or later"
  export PG_CONFIG
}

# --- packages ---

has_header() {
  [ -e "/usr/include/$1" ] || [ -n "$(compgen -G "/usr/include/*/$1")" ]
}

# Prints the packages that are missing for: build, gateway, test, web, bench, lint, sqlsmith.  It
# checks for files rather than packages, so that a PostgreSQL built from source works too.
missing_packages() {
  local purpose pgxs
  local pgxs_dir=/usr/lib/postgresql/$PG_MAJOR/lib/pgxs/src headers=/usr/include/postgresql/$PG_MAJOR/server
  if [ -x "$PG_CONFIG" ]; then
    pgxs=$("$PG_CONFIG" --pgxs)
    pgxs_dir=${pgxs%/makefiles/pgxs.mk}
    headers=$("$PG_CONFIG" --includedir-server)
  fi
  for purpose in "$@"; do
    case $purpose in
      build)
        if [ ! -x "$PG_BIN/initdb" ] || [ ! -x "$PG_BIN/postgres" ]; then
          say "postgresql-$PG_MAJOR"
        fi
        # The client's package can contain pgxs.mk, but never the headers.
        if [ ! -x "$PG_CONFIG" ] || [ ! -e "$pgxs_dir/makefiles/pgxs.mk" ] || [ ! -e "$headers/postgres.h" ]; then
          say "postgresql-server-dev-$PG_MAJOR"
        fi
        command -v make >/dev/null || say make
        command -v gcc >/dev/null || say gcc
        has_header stdio.h || say libc6-dev
        has_header openssl/evp.h || say libssl-dev
        ;;
      gateway)
        command -v node >/dev/null || say nodejs
        command -v npm >/dev/null || say npm
        command -v curl >/dev/null || say curl
        command -v openssl >/dev/null || say openssl
        ;;
      test)
        command -v prove >/dev/null || say perl
        perl -MIPC::Run -e 1 2>/dev/null || say libipc-run-perl
        command -v openssl >/dev/null || say openssl
        ;;
      web)
        missing_packages gateway
        command -v nginx >/dev/null || say nginx-light
        command -v pgbouncer >/dev/null || say pgbouncer
        command -v chromium >/dev/null || say chromium
        ;;
      bench)
        command -v gnuplot >/dev/null || say gnuplot-nox
        ;;
      sqlsmith)
        command -v sqlsmith >/dev/null || say sqlsmith
        ;;
      lint)
        command -v clang-tidy >/dev/null || say clang-tidy
        command -v cppcheck >/dev/null || say cppcheck
        command -v shellcheck >/dev/null || say shellcheck
        perl -MJSON::PP -e 1 2>/dev/null || say perl
        ;;
    esac
  done | sort -u
}

apt() {
  # A fresh machine often upgrades itself: wait for its lock.
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get -q -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@"
}

apt_update() {
  local try
  for try in 1 2 3 4 5 6; do
    apt update && return
    # apt does not wait for the lock of the package lists.
    sleep "$try"
  done
  return 1
}

# need_packages PURPOSE...: installs missing packages; does nothing if none is missing.
need_packages() {
  local missing
  missing=$(missing_packages "$@" | tr '\n' ' ')
  if [ -n "$missing" ]; then
    command -v apt-get >/dev/null || die "missing, and there is no apt-get to install it with: $missing"
    step "Reading the package lists" apt_update
    # shellcheck disable=SC2086  # a list of words
    step "Installing ${missing% }" apt install -y --no-install-recommends $missing
    missing=$(missing_packages "$@" | tr '\n' ' ')
    [ -z "$missing" ] || die "still missing after installing it: $missing"
  fi
  id postgres >/dev/null 2>&1 || die "there is no user postgres to run a server as"
}

# --- user postgres ---

# as_postgres COMMAND...: runs the command as user postgres, since the server refuses
# root.  The environment contains only the variables below and the NAME=VALUE words in
# SERVER_ENV.  The working directory is /, because postgres may not be able to access the
# checkout.  (runuser would remain as a process and outlive a killed run by seconds.)
SERVER_ENV=()
as_postgres() {
  (
    cd /
    exec setpriv --reuid=postgres --regid=postgres --init-groups env -i PATH="$PG_BIN:$PATH" \
      LC_ALL=C.UTF-8 HOME=/nonexistent ${SERVER_ENV[@]+"${SERVER_ENV[@]}"} "$@"
  )
}

# --- building ---

# copy_tree DIR: copies the sources, committed or not, without the files that builds,
# tests and servers create.  Building in a copy leaves no files of root or of another
# server version in the checkout, and user postgres can read the copy.
copy_tree() {
  local status=0 script
  mkdir -p "$1"
  tar -C "$TOP" --warning=no-file-changed --exclude=./.git --exclude=./.taskcrm --exclude=./tmp_check \
    --exclude=./results --exclude=./output_iso --exclude=./log --exclude=./regression.diffs \
    --exclude=./regression.out --exclude=node_modules --exclude='*.o' --exclude='*.bc' --exclude='*.so' -cf - . |
    tar -C "$1" --no-same-owner --no-same-permissions -xf - || status=$?
  # 1: a file changed while it was read, as by an editor; this is not a failure.
  [ "$status" -le 1 ] || return "$status"
  # The install script and the upgrade to it are generated; the upgrade scripts of released
  # versions (two versions in the name) are not.
  rm -f "$1"/sql/upgrade/taskcrm--*.sql
  for script in "$1"/sql/taskcrm--*.sql; do
    case ${script##*/} in
      *--*--*) ;;
      *) rm -f "$script" ;;
    esac
  done
  chmod -R u+rwX,go+rX "$1"
}

# make_in DIR TARGET...
make_in() {
  local dir=$1
  shift
  make -C "$dir" -j2 --no-print-directory PG_CONFIG="$PG_CONFIG" "$@"
}

# install_from DIR: installs the extension into the server.
install_from() {
  local library
  library=$("$PG_CONFIG" --pkglibdir)
  # JIT would inline bitcode of an earlier build instead of the new functions.
  rm -rf "$library/bitcode/taskcrm" "$library/bitcode/taskcrm.index.bc"
  make_in "$1" install
}

# --- servers ---

# Closes inherited descriptors (a pipe of `./quickstart | cat`, a lock).  If a server kept
# them open, the reader of the pipe would wait forever.
close_descriptors() {
  local fd
  for fd in /proc/self/fd/*; do
    fd=${fd##*/}
    if [ "$fd" -gt 2 ]; then
      eval "exec $fd>&-"
    fi
  done
}

# init_cluster DATA [OPTION...]: creates a cluster.  User postgres must own DATA's parent.
init_cluster() {
  local data=$1
  shift
  as_postgres "$PG_BIN/initdb" -D "$data" -U postgres -E UTF8 --locale="${CLUSTER_LOCALE:-C.UTF-8}" \
    --no-sync "$@"
}

# start_server DATA LOG SOCKET_DIR PORT [OPTION...]: OPTIONs are those of the server.
start_server() {
  local data=$1 log=$2 socket=$3 port=$4
  shift 4
  # The path of the server's socket is limited to 107 bytes.
  [ "${#socket}" -lt 85 ] || die "the path of the socket is too long: $socket"
  (
    close_descriptors
    as_postgres "$PG_BIN/pg_ctl" -D "$data" -l "$log" -w -t "${START_SECONDS:-60}" -s \
      -o "-p $port -c unix_socket_directories=$socket $*" start
  ) </dev/null >/dev/null 2>&1
}

server_runs() {
  as_postgres "$PG_BIN/pg_ctl" -D "$1" status >/dev/null 2>&1
}

# stop_server DATA [MODE]
stop_server() {
  as_postgres "$PG_BIN/pg_ctl" -D "$1" -w -t 60 -m "${2:-fast}" stop >/dev/null 2>&1
}

# Returns whether a process listens on the port.
port_is_taken() {
  (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# free_port FIRST LAST: prints a port on which no process listens.
free_port() {
  local port
  for port in $(seq "$1" "$2"); do
    port_is_taken "$port" || { say "$port"; return; }
  done
  return 1
}

# --- tokens ---

base64url() {
  base64 -w 0 | tr '+/' '-_' | tr -d '='
}

# make_token SECRET SUB SECONDS: prints a JSON Web Token (HS256) that is valid so long.
# The secret is an argument of openssl, which other users can see while that runs.
make_token() {
  local text
  text=$(printf '{"alg":"HS256","typ":"JWT"}' | base64url).$(printf '{"sub":"%s","exp":%d}' "$2" $(($(date +%s) + $3)) | base64url)
  printf '%s.%s' "$text" "$(printf '%s' "$text" | openssl dgst -sha256 -hmac "$1" -binary | base64url)"
}
