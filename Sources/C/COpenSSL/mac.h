// HMAC under a key that is set once, and keys that are derived by it.
#ifndef APUS_COPENSSL_MAC_H
#define APUS_COPENSSL_MAC_H

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The state of HMAC-SHA256 behind its key. Sendable holds because it is only ever copied, which reads it, and the
/// references it counts are counted atomically: openssl-threads(7).
typedef struct __attribute__((swift_attr("@Sendable"))) apus_shared_mac {
  EVP_MAC_CTX *_Nullable keyed;
} apus_shared_mac;

/// Sets a key; false when there is no memory.
static inline bool apus_mac_init(apus_shared_mac *_Nonnull mac, const uint8_t *_Nullable key, size_t count) {
  EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
      OSSL_PARAM_construct_end(),
  };
  mac->keyed = algorithm ? EVP_MAC_CTX_new(algorithm) : NULL;
  EVP_MAC_free(algorithm);
  return mac->keyed && EVP_MAC_init(mac->keyed, key, count, parameters) == 1;
}

/// Writes the 32 bytes of a message's code; false when there is no memory.
static inline bool apus_mac_code(
    apus_shared_mac mac, const uint8_t *_Nullable message, size_t count, uint8_t *_Nonnull code) {
  EVP_MAC_CTX *context = EVP_MAC_CTX_dup(mac.keyed);
  size_t written = 0;
  bool made = context && EVP_MAC_update(context, message, count) == 1 &&
              EVP_MAC_final(context, code, &written, 32) == 1 && written == 32;
  EVP_MAC_CTX_free(context);
  return made;
}

/// HKDF with SHA-256 and without salt (RFC 5869); false when there is no memory.
static inline bool apus_hkdf(const uint8_t *_Nonnull secret, size_t secret_count, const uint8_t *_Nonnull info,
                             size_t info_count, uint8_t *_Nonnull into, size_t count) {
  EVP_KDF *algorithm = EVP_KDF_fetch(NULL, "HKDF", NULL);
  EVP_KDF_CTX *context = algorithm ? EVP_KDF_CTX_new(algorithm) : NULL;
  EVP_KDF_free(algorithm);
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret, secret_count),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_count),
      OSSL_PARAM_construct_end(),
  };
  bool made = context && EVP_KDF_derive(context, into, count, parameters) == 1;
  EVP_KDF_CTX_free(context);
  return made;
}

static inline void apus_mac_free(apus_shared_mac mac) { EVP_MAC_CTX_free(mac.keyed); }

#endif
