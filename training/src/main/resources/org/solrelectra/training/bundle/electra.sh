#!/usr/bin/env bash
# Runs the electra command with the Java runtime and the libtorch that lie beside this script.
#
#   electra [--cuda-libraries FOLDERS] COMMAND ...
#
# FOLDERS, or ELECTRA_CUDA_LIBRARIES: where the libraries of CUDA 13, cuDNN 9 and NCCL 2 are, separated by colons;
# each may be a pattern such as /usr/lib/python3/dist-packages/nvidia/*/lib. Without it, those of an installed PyTorch
# and of the CUDA toolkit are looked for. ELECTRA_JAVA_OPTIONS adds to the JVM's options.
set -euo pipefail
shopt -s nullglob

home=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
cuda=${ELECTRA_CUDA_LIBRARIES:-}
arguments=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --cuda-libraries=*) cuda=${1#*=} ;;
    --cuda-libraries)
      if [[ $# -lt 2 ]]; then
        echo "electra: --cuda-libraries needs folders, separated by colons" >&2
        exit 2
      fi
      cuda=$2
      shift
      ;;
    *) arguments+=("$1") ;;
  esac
  shift
done

folders=()
if [[ -n "$cuda" ]]; then
  IFS=: read -ra patterns <<<"$cuda"
  for pattern in "${patterns[@]}"; do
    before=${#folders[@]}
    IFS= # a pattern may hold blanks
    # shellcheck disable=SC2206 # the pattern is meant to be expanded
    matches=($pattern)
    unset IFS
    for folder in "${matches[@]}"; do
      if [[ -d "$folder" ]]; then
        folders+=("$folder")
      fi
    done
    if [[ ${#folders[@]} -eq $before ]]; then
      echo "electra: --cuda-libraries: '$pattern' is no folder" >&2
      exit 2
    fi
  done
elif [[ -f "$home/native/libtorch_cuda.so" ]]; then
  packages=()
  if command -v python3 >/dev/null; then
    mapfile -t packages < <(python3 -c '
import importlib.util
found = importlib.util.find_spec("nvidia")
print(*(found.submodule_search_locations if found else []), sep="\n")' 2>/dev/null || true)
  fi
  for prefix in "${VIRTUAL_ENV:-}" "${CONDA_PREFIX:-}" "${HOME:-}/.local" /usr/local /usr /opt/*; do
    if [[ -n "$prefix" ]]; then
      packages+=("$prefix"/lib/python3*/{site,dist}-packages/nvidia)
    fi
  done
  for package in "${packages[@]}"; do
    if [[ -n "$package" ]]; then
      folders+=("$package"/*/lib)
    fi
  done
  for folder in /usr/local/cuda/lib64 /usr/local/cuda/extras/CUPTI/lib64; do
    if [[ -d "$folder" ]]; then
      folders+=("$folder")
    fi
  done
fi

library_path="$home/native"
for folder in "${folders[@]}"; do
  # Each once: Python's answer is often found by pattern, too.
  if [[ ":$library_path:" != *":$folder:"* ]]; then
    library_path+=":$folder"
    cuda_path=${cuda_path:+$cuda_path:}$folder
  fi
done
if [[ -n "${cuda_path:-}" ]]; then
  export LD_LIBRARY_PATH="$cuda_path${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi
# Export opens models with ONNX Runtime, which would send telemetry to its maker.
export ORT_DISABLE_TELEMETRY=${ORT_DISABLE_TELEMETRY:-1}
# Beside libtorch's threads OpenBLAS's own make a step 2.5 times slower.
export OPENBLAS_NUM_THREADS=${OPENBLAS_NUM_THREADS:-1}
printf -v class_path '%s:' "$home"/lib/*.jar

options=(
  -Xmx4g
  -Dfile.encoding=UTF-8
  -Dorg.bytedeco.javacpp.maxPhysicalBytes=0
  # The libraries lie in folders: nothing to unpack, no cache in the home folder.
  -Dorg.bytedeco.javacpp.pathsFirst=true
  -Dorg.bytedeco.javacpp.cacheLibraries=false
  "-Djava.library.path=$library_path"
)
java="$home/runtime/bin/java"
# Native code is what this command is for; JDK 24 and later warn without this.
if "$java" --enable-native-access=ALL-UNNAMED -version >/dev/null 2>&1; then
  options+=(--enable-native-access=ALL-UNNAMED)
fi
# shellcheck disable=SC2086 # several options in one variable are meant to be split
exec "$java" "${options[@]}" ${ELECTRA_JAVA_OPTIONS:-} -cp "${class_path%:}" \
  org.solrelectra.training.cli.TrainingCli "${arguments[@]}"
