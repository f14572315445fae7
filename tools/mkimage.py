#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""mkimage.py IN.elf OUT: makes a bootable image of a linked ELF.

Keeps what the loader needs (the segments and the PVH note), drops sections and debugging
information, and appends a table of function names (plat-kvm/symbol.h) as a read-only segment behind
the image, so that a backtrace on the console has names.
"""
import struct
import sys

PT_LOAD, PT_NOTE, STT_FUNC, SHT_SYMTAB = 1, 4, 2, 2
EHDR, PHDR, SHDR, SYM = "<16sHHIQQQIHHHHHH", "<IIQQQQQQ", "<IIQQQQIIQQ", "<IBBHQQ"
SYMBOL_MAGIC = 0x4D59534B


def fail(text):
    sys.exit(f"mkimage: {text}")


def cstring(blob, at):
    return blob[at:blob.index(b"\0", at)]


class Elf:
    def __init__(self, path):
        with open(path, "rb") as f:
            self.blob = f.read()
        if self.blob[:6] != b"\x7fELF\x02\x01":
            fail(f"{path} is no 64-bit little-endian ELF file")
        (_, _, _, _, self.entry, phoff, shoff, _, _, phsize, phnum, shsize, shnum,
         _) = struct.unpack_from(EHDR, self.blob)
        self.segments = [struct.unpack_from(PHDR, self.blob, phoff + i * phsize) for i in range(phnum)]
        self.sections = [struct.unpack_from(SHDR, self.blob, shoff + i * shsize) for i in range(shnum)]

    def symbols(self):
        for s in self.sections:
            if s[1] != SHT_SYMTAB:
                continue
            names = self.sections[s[6]]
            for at in range(s[4], s[4] + s[5], struct.calcsize(SYM)):
                name, info, _, shndx, value, _ = struct.unpack_from(SYM, self.blob, at)
                if shndx != 0:
                    yield cstring(self.blob, names[4] + name).decode(), info & 15, value


def symbol_table(functions):
    """Entries by address; of several names at one address the shortest, alphabetically first."""
    by_addr = {}
    for name, addr in functions:
        name = name.split(".constprop")[0].split(".isra")[0].split(".part")[0].split(".lto_priv")[0]
        old = by_addr.get(addr)
        if old is None or (len(name), name) < (len(old), old):
            by_addr[addr] = name
    entries, names, offset = [], bytearray(), {}
    for addr in sorted(by_addr):
        name = by_addr[addr]
        if name not in offset:
            offset[name] = len(names)
            names += name.encode() + b"\0"
        entries.append(struct.pack("<II", addr, offset[name]))
    head = 16 + 8 * len(entries)
    return struct.pack("<IIII", SYMBOL_MAGIC, head + len(names), len(entries), head) + b"".join(entries) + names


def main():
    if len(sys.argv) != 3:
        fail("usage: mkimage.py IN.elf OUT")
    elf = Elf(sys.argv[1])
    symbols = list(elf.symbols())
    where = {name: value for name, kind, value in symbols if kind != STT_FUNC}
    for need in ("uk_text_start", "uk_text_end", "uk_image_end"):
        if need not in where:
            fail(f"{sys.argv[1]} has no symbol {need}: link it with sluice.ld")
    table = symbol_table((n, v) for n, kind, v in symbols
                         if kind == STT_FUNC and where["uk_text_start"] <= v < where["uk_text_end"])
    segments = []
    for kind, flags, offset, vaddr, paddr, filesz, memsz, align in elf.segments:
        if kind in (PT_LOAD, PT_NOTE) and memsz > 0:
            data = elf.blob[offset:offset + filesz]
            if kind == PT_LOAD:
                data = data.rstrip(b"\0")
            segments.append((kind, flags, vaddr, paddr, data, memsz, 4 if kind == PT_NOTE else 16))
    end = where["uk_image_end"]
    segments.append((PT_LOAD, 4, end, end, table, len(table), 16))
    size = struct.calcsize(EHDR) + len(segments) * struct.calcsize(PHDR)
    headers, body = [], bytearray()
    for kind, flags, vaddr, paddr, data, memsz, align in segments:
        body += bytes(-(size + len(body)) % 16)
        headers.append(struct.pack(PHDR, kind, flags, size + len(body), vaddr, paddr, len(data), memsz, align))
        body += data
    head = struct.pack(EHDR, b"\x7fELF\x02\x01\x01" + bytes(9), 2, 62, 1, elf.entry, struct.calcsize(EHDR), 0, 0,
                       struct.calcsize(EHDR), struct.calcsize(PHDR), len(segments), 0, 0, 0)
    with open(sys.argv[2], "wb") as f:
        f.write(head + b"".join(headers) + body)


if __name__ == "__main__":
    main()
