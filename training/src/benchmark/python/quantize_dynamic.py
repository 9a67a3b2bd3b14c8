#!/usr/bin/env python3
"""Makes the int8 graph that ONNX Runtime's own tool makes of an fp32 graph: for the peers, not for us.

usage: quantize_dynamic.py GRAPH OUTPUT

The products with constant matrices, signed and per channel; with 7 bits where the processor has no VNNI, whose 8-bit
products saturate.
"""
import sys

from onnxruntime.quantization import QuantType, quantize_dynamic


def main():
    graph, output = sys.argv[1:]
    with open("/proc/cpuinfo", encoding="ascii") as processor:
        vnni = "vnni" in processor.read()
    quantize_dynamic(
        graph, output, op_types_to_quantize=["MatMul"], per_channel=True, reduce_range=not vnni,
        weight_type=QuantType.QInt8, extra_options={"MatMulConstBOnly": True})


if __name__ == "__main__":
    main()
