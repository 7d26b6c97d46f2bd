"""Each rule is seen red once, and a tree that keeps them all is green."""

import subprocess
import tempfile
import unittest
from pathlib import Path

RULES = Path(__file__).with_name("rules")

CLEAN = {
    "processors/domain/sum.c": """
        #include <string.h>
        int other(int);
        int sum(const char *a, const char *b) { return other(strcmp(a, b)); }
        """,
    "processors/domain/other.c": "int other(int); int other(int a) { return a; }",
    "processors/domain/metadata.c": """
        void SHA1_Final(void); void derive(void);
        void derive(void) { SHA1_Final(); }
        """,
    "processors/cli/main.c": """
        void uuid_generate(unsigned char *); int main(void) { uuid_generate(0); return 0; }
        """,
    "processors/outside/clock_os/clock_os.c": """
        #include <time.h>
        long now(void); long now(void) { return (long)time(0); }
        """,
    "processors/outside/kafka/log.c": """
        void rd_kafka_poll(void); void ask(void); void ask(void) { rd_kafka_poll(); }
        """,
    "processors/wire/schema.c": """
        void avro_schema_decref(void); void drop(void); void drop(void) { avro_schema_decref(); }
        """,
    "processors/ports/log.h": "/* Not rd_kafka_t, nor avro_schema_t. // \" */ extern int ready;\n",
    "schemas/generated/c/wide.h": "/*" + " " * 200 + "*/\n" * 900,
    "tests/unit/long.c": "\n" * 800,
    "README.md": "wide " * 50,
}

# What is added to the clean tree, and the words that must then be said.
RED = [
    ("processors/domain/bad.c", "#include <stdlib.h>\nvoid *f(void){return malloc(1);}",
     "pure: calls malloc"),
    ("processors/domain/bad.c", "int drain(void); int f(void); int f(void) { return drain(); }",
     "pure: calls drain"),
    ("processors/loop/bad.c", "void rd_kafka_new(void); void f(void){rd_kafka_new();}",
     "kafka: calls rd_kafka_new"),
    ("processors/ports/bad.h", "struct rd_kafka_s;", "bad.h:1: kafka"),
    ("processors/loop/bad.c", "int a;\n#include <librdkafka/rdkafka.h>", "bad.c:2: kafka"),
    ("processors/loop/bad.c", "void avro_x(void); void f(void); void f(void){avro_x();}",
     "avro: calls avro_x"),
    ("processors/ports/bad.h", "/* fine */ typedef struct avro_obj_t *thing;", "bad.h:1: avro"),
    ("processors/loop/bad.c", "void curl_x(void); void f(void); void f(void){curl_x();}",
     "curl: calls curl_x"),
    ("processors/loop/bad.c", "void rocksdb_x(void); void f(void); void f(void){rocksdb_x();}",
     "rocksdb: calls rocksdb_x"),
    ("processors/cli/bad.c", "void MHD_x(void); void f(void); void f(void){MHD_x();}",
     "http server: calls MHD_x"),
    ("processors/cli/bad.c", "#include <microhttpd.h>\nint a;", "bad.c:1: http server"),
    ("processors/loop/bad.c", "void protobuf_c_x(void); void f(void);void f(void){protobuf_c_x();}",
     "protobuf: calls protobuf_c_x"),
    ("processors/loop/bad.c", "void nghttp2_x(void); void f(void); void f(void){nghttp2_x();}",
     "http2: calls nghttp2_x"),
    ("processors/ports/bad.h", "#include <nghttp2/nghttp2.h>", "bad.h:1: http2"),
    ("processors/loop/bad.c", "void SSL_x(void); void f(void); void f(void){SSL_x();}",
     "tls: calls SSL_x"),
    ("processors/ports/bad.h", "struct a { void *SSL_CTX_of; SSL_CTX *b; };", "bad.h:1: tls"),
    ("processors/loop/bad.c", "void sodium_x(void); void f(void); void f(void){sodium_x();}",
     "sodium: calls sodium_x"),
    ("processors/cli/bad.c", "#include <sodium.h>\nint a;", "bad.c:1: sodium"),
    ("processors/cli/bad.c", "void secp256k1_x(void);void f(void); void f(void){secp256k1_x();}",
     "secp256k1: calls secp256k1_x"),
    ("processors/cli/bad.c", "#include <secp256k1.h>\nint a;", "bad.c:1: secp256k1"),
    ("processors/outside/registry_project_origin/bad.c",
     "void randombytes_buf(void); void f(void); void f(void){randombytes_buf();}",
     "new secret: calls randombytes_buf"),
    ("processors/wire/bad.h", '#include "generated/project_origin/common.pb-c.h"',
     "bad.h:1: protobuf"),
    ("processors/loop/bad.c", "#include <time.h>\nlong f(void){return (long)time(0);}",
     "now: calls time"),
    ("processors/loop/bad.c", "#include <time.h>\nint f(void); int f(void)"
     "{struct timespec t; return clock_gettime(CLOCK_REALTIME, &t);}", "now: calls clock_gettime"),
    ("processors/loop/bad.c", "#include <stdlib.h>\nint f(void); int f(void){return rand();}",
     "chance: calls rand"),
    ("processors/loop/bad.c", "long getrandom(void); long f(void){return getrandom();}",
     "chance: calls getrandom"),
    ("processors/loop/bad.c", "void uuid_generate(void); void f(void){uuid_generate();}",
     "random id: calls uuid_generate;"),
    ("processors/domain/bad.c", "void uuid_generate_random(void); void f(void);"
     "void f(void){uuid_generate_random();}", "random id: calls uuid_generate_random;"),
    ("processors/domain/bad.c", "void uuid_generate_sha1(void); void f(void);"
     "void f(void){uuid_generate_sha1();}", "derived id: calls uuid_generate_sha1"),
    ("processors/domain/bad.h", "#define DECIDE() FAULT(\"decide.before\")", "bad.h:1: fault"),
    ("processors/loop/bad.c", "void SHA1_Final(void); void f(void){SHA1_Final();}",
     "derived id: calls SHA1_Final"),
    ("processors/loop/bad.h", "\n" * 501, "length: 501 lines"),
    ("tests/unit/bad.c", "\n" * 801, "length: 801 lines"),
    ("docker/bad", "#!/bin/sh\n" + "\n" * 500, "length: 501 lines"),
    ("processors/loop/bad.h", "// " + "é" * 98, "bad.h:1: width: 101 columns"),
    ("docs/bad.md", "one\nTO" "DO later", "bad.md:2: unfinished"),
    ("processors/loop/bad.h", "// FIX" "ME: x", "bad.h:1: unfinished"),
]


class Rules(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name, "tree")
        self.build = Path(directory.name, "build")
        self.root.mkdir()
        subprocess.run(["git", "init", "-q"], cwd=self.root, check=True)
        for path, text in CLEAN.items():
            self.add(path, text)

    def add(self, path, text):
        source = self.root / path
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(text, encoding="utf-8")
        if path.endswith(".c"):
            compiled = self.build / path[:-2]
            compiled.parent.mkdir(parents=True, exist_ok=True)
            flags = ["-fno-builtin", "-fPIE", "-fstack-protector-strong", "-o", f"{compiled}.o"]
            subprocess.run(["gcc", "-c", source, *flags], check=True)

    def remove(self, path):
        (self.root / path).unlink()

    def judge(self):
        run = subprocess.run([RULES, self.root, self.build], capture_output=True, text=True)
        self.assertEqual(run.stderr, "")
        return run.returncode, run.stdout

    def test_a_clean_tree_is_green(self):
        self.assertEqual(self.judge(), (0, ""))

    def test_every_rule_can_be_red(self):
        for path, text, words in RED:
            with self.subTest(words):
                self.add(path, text)
                code, said = self.judge()
                self.remove(path)
                self.assertEqual(code, 1)
                self.assertIn(words, said)

    def test_a_source_without_an_object_is_not_passed_over(self):
        (self.build / "processors/domain/sum.o").unlink()
        code, said = self.judge()
        self.assertEqual(code, 1)
        self.assertIn("sum.c: has no object", said)


if __name__ == "__main__":
    unittest.main()
