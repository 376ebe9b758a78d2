#!/usr/bin/env python3
"""Verifies a bundle of `walkback export --bundle` without any of walkback's code.

  python3 verify_bundle.py FOLDER [--signers ALLOWED_SIGNERS --signer NAME] [--head 'SEQ HASH']

It checks, in this order: the sums of all files; the signature over the sums, where signers are given; and the hash chain in
session.jsonl: every row's hash, that each row follows the one before, that the first row belongs to this session and runbook,
and that every value fits its commitment. With --head (a head that left the machine earlier) it also sees rows cut off at the end.
Exit code 0: all of it holds. 1: something does not, and the first thing is named. Python 3.9 or newer, nothing else needed.
"""
import argparse
import hashlib
import json
import pathlib
import subprocess
import sys


def number(value):
    """A number as ECMAScript writes it, which is what RFC 8785 asks for."""
    if isinstance(value, int):
        return str(value)
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    if fraction == "0":
        fraction = ""
    point = len(whole) + int(exponent or 0)
    digits = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len((whole + fraction).lstrip("0"))
    digits = digits.rstrip("0") or "0"
    count = len(digits)
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    power = point - 1
    tail = "." + digits[1:] if count > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'+' if power > 0 else '-'}{abs(power)}"


def canonical(value):
    """JSON with one spelling (RFC 8785)."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
    return "{" + ",".join(json.dumps(key, ensure_ascii=False) + ":" + canonical(value[key]) for key in keys) + "}"


def sha256(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def at_path(body, path):
    for part in path.split("/"):
        body = body[int(part)] if isinstance(body, list) else body[part]
    return body


class Broken(Exception):
    pass


def check_sums(folder):
    listed = {}
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ", 1)
        listed[name] = digest
    present = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    present -= {"SHA256SUMS", "SHA256SUMS.sig"}
    for name in sorted(present | set(listed)):
        if name not in listed:
            raise Broken(f"{name} is not in SHA256SUMS")
        if name not in present:
            raise Broken(f"{name} is missing")
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != listed[name]:
            raise Broken(f"{name} was changed")
    return len(listed)


def check_signature(folder, signers, signer):
    command = ["ssh-keygen", "-Y", "verify", "-f", signers, "-I", signer, "-n", "walkback"]
    command += ["-s", str(folder / "SHA256SUMS.sig")]
    with (folder / "SHA256SUMS").open("rb") as sums:
        done = subprocess.run(command, stdin=sums, capture_output=True, check=False)
    if done.returncode != 0:
        raise Broken("the signature over SHA256SUMS is not valid: " + done.stderr.decode("utf-8", "replace").strip())


def check_row(row, index, before):
    row.pop("schema")
    openings = row.pop("openings", [])
    stated = row.pop("hash")
    seq = row["seq"]
    if seq != index + 1:
        raise Broken(f"row {index + 1} is missing, or out of order: row {seq} stands there")
    if row["session"] != before["session"]:
        raise Broken(f"row {seq} belongs to another session")
    if row["prev"] != before["hash"]:
        raise Broken(f"row {seq} does not follow the row before it")
    if sha256(row["prev"] + canonical(row)) != stated:
        raise Broken(f"row {seq} is not what its hash was made from")
    for opening in openings:
        if opening["salt"] is None:
            continue  # purged: the commitment stays, the value is gone
        commitment = at_path(row["body"], opening["path"])["$sealed"]
        if sha256(opening["salt"] + canonical(opening["value"])) != commitment:
            raise Broken(f"row {seq}: the value at {opening['path']} does not fit its commitment")
    before["hash"] = stated


def check_chain(folder, head):
    rows = [json.loads(line) for line in (folder / "session.jsonl").read_text("utf-8").splitlines()]
    if not rows:
        raise Broken("session.jsonl holds no rows")
    first = rows[0]
    runbook = first["body"].get("runbook", {}).get("hash", "")
    root = {"format": first["format"], "runbook": runbook, "session": first["session"]}
    before = {"session": first["session"], "hash": sha256("walkback ledger genesis\n" + canonical(root))}
    hashes = []
    for index, row in enumerate(rows):
        try:
            check_row(row, index, before)
        except (KeyError, TypeError, IndexError, ValueError) as error:
            raise Broken(f"row {index + 1} cannot be read: {error!r}") from error
        hashes.append(before["hash"])
    for seq, stated in filter(None, [head, read_head(folder)]):
        if seq > len(hashes):
            raise Broken(f"rows {len(hashes) + 1} to {seq} are cut off")
        if hashes[seq - 1] != stated:
            raise Broken(f"row {seq} is not the one whose hash was kept")
    return len(hashes), before["hash"]


def read_head(folder):
    text = (folder / "HEAD").read_text().split()
    return (int(text[0]), text[1]) if len(text) == 2 else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--signers")
    parser.add_argument("--signer")
    parser.add_argument("--head")
    given = parser.parse_args()
    head = None
    if given.head:
        seq, stated = given.head.split()
        head = (int(seq), stated)
    try:
        files = check_sums(given.folder)
        print(f"sums: {files} files as listed")
        if given.signers:
            check_signature(given.folder, given.signers, given.signer or "")
            print(f"signature: valid, by {given.signer}")
        rows, last = check_chain(given.folder, head)
        print(f"chain: {rows} events, head {last}")
    except (Broken, OSError, ValueError) as error:
        print(f"NOT VERIFIED: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
