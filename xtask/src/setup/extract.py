"""Takes the libraries for the CPU and the headers out of wheels: extract.py WHEELS INTO."""
import os
import re
import shutil
import sys
import zipfile

wheels, into = sys.argv[1:]

# CUDA, Python, and a libtorch.so that asks for CUDA (on macOS it is a dylib, and does not).
UNUSED = re.compile(r"lib(torch_cuda.*|c10_cuda|caffe2_nvrtc|torch_nvshmem|torch_python|torch_global_deps|shm)\.|libtorch\.so")
TORCH_LIB = re.compile(r"torch/lib/(lib[^/]+\.(?:dylib|so(?:\.\d+)*))")
NVIDIA_LIB = re.compile(r"nvidia/.*/(lib(?:cupti|cudart)\.so\.13)")


def target(name):
    """Where a file of a wheel goes, or None."""
    if name.startswith("torch/include/") and not name.endswith("/"):
        return name[len("torch/") :]
    found = TORCH_LIB.fullmatch(name) or NVIDIA_LIB.fullmatch(name)
    if found and not UNUSED.match(found[1]):
        return "lib/" + found[1]
    return None


for file in sorted(os.listdir(wheels)):
    with zipfile.ZipFile(os.path.join(wheels, file)) as wheel:
        for name in wheel.namelist():
            to = target(name)
            if to is None:
                continue
            os.stat(into)  # when another setup has taken the folder away, do not make it anew
            to = os.path.join(into, to)
            os.makedirs(os.path.dirname(to), exist_ok=True)
            with wheel.open(name) as source, open(to, "wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
