# shellcheck shell=bash
# Functions that test/packages, test/on-release and test/pg-upgrade share: Debian roots, in
# which nothing of this machine is installed.  Source it after cluster.sh.
#
# Base roots are made once and kept in ROOTS, by default /var/cache/taskcrm/roots.

ROOTS=${ROOTS:-/var/cache/taskcrm/roots}

# need_debootstrap: installs it if it is missing.
need_debootstrap() {
  command -v debootstrap >/dev/null || step "Installing debootstrap" apt install -y --no-install-recommends debootstrap
}

# in_root ROOT COMMAND...: runs the command as root in it.
in_root() {
  local root=$1
  shift
  chroot "$root" env -i HOME=/root LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    DEBIAN_FRONTEND=noninteractive "$@"
}

# take_settings ROOT: copies what this machine needs to reach Debian's archive and npm's
# registry, such as proxies and their certificates.
take_settings() {
  local file
  for file in /etc/apt/apt.conf.d/*; do
    # The file of a package would stop that package in the root with a question.
    dpkg -S "$file" >/dev/null 2>&1 || cp -a "$file" "$1/etc/apt/apt.conf.d/"
  done
  cp -a /usr/local/share/ca-certificates/. "$1/usr/local/share/ca-certificates/"
  in_root "$1" update-ca-certificates
  if [ -e "$HOME/.npmrc" ]; then
    cp "$HOME/.npmrc" "$1/root/.npmrc"
    in_root "$1" chmod 600 /root/.npmrc
    printf 'cafile=/etc/ssl/certs/ca-certificates.crt\n' >>"$1/root/.npmrc"
  fi
}

# make_base RELEASE: a root with nothing in it, which others are copied from.
make_base() {
  [ ! -e "$ROOTS/$1" ] || return 0
  mkdir -p "$ROOTS"
  rm -rf "$ROOTS/$1.new"
  debootstrap --variant=minbase --include=ca-certificates "$1" "$ROOTS/$1.new" http://deb.debian.org/debian
  take_settings "$ROOTS/$1.new"
  # No service starts in it.
  printf '#!/bin/sh\nexit 101\n' >"$ROOTS/$1.new/usr/sbin/policy-rc.d"
  chmod 755 "$ROOTS/$1.new/usr/sbin/policy-rc.d"
  mv "$ROOTS/$1.new" "$ROOTS/$1"
}

# enter_root ROOT: prepares a root for in_root; leave_root undoes it.
enter_root() {
  cp -L /etc/resolv.conf "$1/etc/resolv.conf"
  mountpoint -q "$1/proc" || mount -t proc proc "$1/proc"
  # A slave, so that unmounting it leaves /dev here alone.
  mountpoint -q "$1/dev" || mount --rbind --make-rslave /dev "$1/dev"
  in_root "$1" apt-get update -q
}

# leave_root ROOT
leave_root() {
  local directory
  for directory in dev proc; do
    ! mountpoint -q "$1/$directory" || umount -l -R "$1/$directory"
  done
}

# copy_root RELEASE ROOT: makes ROOT a copy of the release's base root, and enters it.
copy_root() {
  mkdir -p "${2%/*}"
  cp -a --reflink=auto "$ROOTS/$1" "$2"
  enter_root "$2"
}

remove_root() {
  leave_root "$1"
  # Not across file systems, should one still be mounted.
  rm -rf --one-file-system "$1"
}
