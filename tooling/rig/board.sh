#!/bin/bash
# A board from the inside. `init` is its pid 1; the other words are said in it while it runs (RigBoard of src/rig-board.ts).
#   board.sh init FOLDER HOSTNAME CGROUP | engine-start FOLDER CGROUP | engine-stop | engine-hang | engine-resume |
#     sshd-start FOLDER | sshd-stop | sshd-hang | sshd-resume
set -eu

engine_start() { # FOLDER CGROUP
  setsid dockerd --cgroup-parent "/$2" --exec-opt native.cgroupdriver=cgroupfs --host unix:///var/run/docker.sock \
    --userland-proxy=false </dev/null >>"$1/dockerd.log" 2>&1 &
}
engine_stop() {
  local pid
  pid=$(cat /run/docker.pid 2>/dev/null) || return 0
  kill "$pid" 2>/dev/null || return 0
  for _ in $(seq 200); do [ -d "/proc/$pid" ] || return 0; sleep 0.1; done
  echo "the Engine does not stop" >&2
  return 1
}
engine_signal() { # SIGNAL
  local pid
  pid=$(cat /run/docker.pid 2>/dev/null) || return 0
  kill "-$1" "$pid" 2>/dev/null || true
}
sshd_start() { # FOLDER
  /usr/sbin/sshd -f /etc/ssh/sshd_config -E "$1/sshd.log"
}
sshd_signal() { # SIGNAL: to its listener and to every session, whatever they are called in this release
  local file
  for file in /proc/[0-9]*/comm; do
    case $(cat "$file" 2>/dev/null) in sshd*) file=${file%/comm}; kill "-$1" "${file#/proc/}" 2>/dev/null || true ;; esac
  done
}
# A file of the board in the place of the machine's, also where that one is a link.
own_file() { # FILE PLACE
  local place
  place=$(readlink -m "$2")
  # What lies below /run is on the board's own tmpfs already.
  case $place in /run/*) mkdir -p "${place%/*}"; cp "$1" "$place" ;; *) mount --bind "$1" "$place" ;; esac
}
own_folder() { # FOLDER PLACE MODE
  mkdir -p -m "$3" "$1" "$2"
  mount --bind "$1" "$2"
}

init() { # FOLDER HOSTNAME CGROUP
  local folder=$1 data=$1/data
  hostname "$2"
  # A fresh sysfs shows this network; it would hide the cgroups, without which no Engine starts.
  mkdir -p "$folder/cgroup" "$data"
  mount --rbind /sys/fs/cgroup "$folder/cgroup"
  mount -t sysfs sysfs /sys
  mount --rbind "$folder/cgroup" /sys/fs/cgroup
  umount -l "$folder/cgroup"

  if [ -f "$folder/disk.img" ]; then
    mount -o loop "$folder/disk.img" "$data"
  elif [ -f "$folder/disk.tmpfs" ]; then
    mount -t tmpfs -o "mode=755,size=$(cat "$folder/disk.tmpfs")m" tmpfs "$data"
  fi
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir -p /run/sshd /run/lock
  own_folder "$data/root" /root 700
  own_folder "$data/home" /home 755
  own_folder "$data/docker" /var/lib/docker 711
  mkdir -p -m 700 /home/board
  chown "$(cat "$folder/board-ids")" /home/board
  own_folder "$folder/ssh" /etc/ssh 755
  for name in passwd group shadow resolv.conf; do own_file "$folder/etc/$name" "/etc/$name"; done

  sshd_start "$folder"
  engine_start "$folder" "$3"
  # Pid 1 ends only with the board, and buries whatever loses its parent.
  while :; do wait -n 2>/dev/null || sleep 1; done
}

word=$1
shift
case $word in
  init) init "$@" ;;
  engine-start) engine_start "$@" ;;
  engine-stop) engine_stop ;;
  engine-hang) engine_signal STOP ;;
  engine-resume) engine_signal CONT ;;
  sshd-start) sshd_start "$@" ;;
  sshd-stop) sshd_signal KILL ;;
  sshd-hang) sshd_signal STOP ;;
  sshd-resume) sshd_signal CONT ;;
  *) echo "board.sh: no such word: $word" >&2; exit 2 ;;
esac
