"""testssl.sh looks at the default configuration over TLS: nothing above LOW may be found but what is so of a certificate
that signs itself and holds for two weeks."""
import json, os, shutil, subprocess, tempfile, unittest

from apus import Apus, PATIENCE

PROGRAM = shutil.which("testssl") or shutil.which("testssl.sh")
SELF_SIGNED = {"cert_chain_of_trust", "cert_expirationStatus", "cert_notAfter", "cert_revocation"}
# All but the ciphers one by one and the simulated clients, which take a minute more and find what these do.
CHECKS = ("--protocols", "--std", "--fs", "--server-defaults", "--header", "--vulnerable")


@unittest.skipUnless(PROGRAM, "testssl.sh is not here: Scripts/setup test installs it")
class Rating(unittest.TestCase):
    def test_nothing_above_low_is_found(self):
        with tempfile.TemporaryDirectory() as folder, \
                Apus("serve", "--loops", "1", "--tls-port", "0", "--tls-self-signed") as apus:
            file = os.path.join(folder, "found.json")
            run = subprocess.run([PROGRAM, "--quiet", "--color", "0", "--warnings", "off", *CHECKS, "--jsonfile", file,
                                  f"localhost:{apus.tls_port}"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                 timeout=10 * PATIENCE)
            with open(file) as found:
                findings = json.load(found)
        # What is asked most was asked.
        self.assertLessEqual({"TLS1_3", "cipherlist_NULL", "secure_client_renego", "heartbleed", "BREACH"},
                             {one["id"] for one in findings}, run.stdout[-3000:])
        self.assertEqual([one for one in findings if one["severity"] in ("MEDIUM", "HIGH", "CRITICAL")
                          and one["id"] not in SELF_SIGNED], [])


if __name__ == "__main__":
    unittest.main()
