// The record protection of TLS 1.2 with authenticated ciphers (RFC 5246, 6.2.3.3 and 6.3): AES-GCM (RFC 5288), whose nonce
// is a salt of four bytes and eight that stand in each record, and ChaCha20-Poly1305 (RFC 7905), whose nonce is that of
// TLS 1.3.
#ifndef APUS_COPENSSL_RECORDS12_H
#define APUS_COPENSSL_RECORDS12_H

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "records.h"

/// What the keys of both directions come from.
typedef struct apus_tls12_material {
    unsigned char master[48];
    unsigned char client_random[32];
    unsigned char server_random[32];
} apus_tls12_material;

static inline void apus_tls12_cleanse(apus_tls12_material *_Nonnull material) {
    OPENSSL_cleanse(material, sizeof *material);
}

/// Eight bytes, the highest first.
static inline uint64_t apus_tls_number(const unsigned char *_Nonnull bytes) {
    uint64_t number = 0;
    for (int i = 0; i < 8; i++) number = number << 8 | bytes[i];
    return number;
}

static inline void apus_tls_put_number(unsigned char *_Nonnull into, uint64_t number) {
    for (int i = 0; i < 8; i++) into[7 - i] = (unsigned char)(number >> (8 * i));
}

/// The pseudorandom function (RFC 5246, 5): P_hash, with the label at the front of the seed.
static inline bool apus_tls12_expand(EVP_MAC_CTX *_Nonnull hmac, const unsigned char *_Nonnull secret,
                                     size_t secret_count, const unsigned char *_Nonnull seed, size_t seed_count,
                                     unsigned char *_Nonnull into, size_t count) {
    unsigned char step[EVP_MAX_MD_SIZE], block[EVP_MAX_MD_SIZE];
    size_t size = 0, made = 0;
    bool done = EVP_MAC_init(hmac, secret, secret_count, NULL) == 1 && EVP_MAC_update(hmac, seed, seed_count) == 1 &&
                EVP_MAC_final(hmac, step, &size, sizeof step) == 1;
    while (done && count > 0) {
        done = EVP_MAC_init(hmac, secret, secret_count, NULL) == 1 && EVP_MAC_update(hmac, step, size) == 1 &&
               EVP_MAC_update(hmac, seed, seed_count) == 1 && EVP_MAC_final(hmac, block, &made, sizeof block) == 1;
        if (!done) break;
        size_t part = count < made ? count : made;
        memcpy(into, block, part);
        into += part;
        count -= part;
        done = EVP_MAC_init(hmac, secret, secret_count, NULL) == 1 && EVP_MAC_update(hmac, step, size) == 1 &&
               EVP_MAC_final(hmac, step, &size, sizeof step) == 1;
    }
    OPENSSL_cleanse(step, sizeof step);
    OPENSSL_cleanse(block, sizeof block);
    return done;
}

/// The keys of both directions, and what is secret of their nonces: `iv_count` bytes, four of them for AES-GCM.
static inline bool apus_tls12_derive(EVP_MAC_CTX *_Nonnull hmac, const apus_tls12_material *_Nonnull material,
                                     size_t key_count, size_t iv_count, apus_tls_keys *_Nonnull client,
                                     apus_tls_keys *_Nonnull server) {
    static const char label[] = "key expansion";
    unsigned char seed[sizeof label - 1 + 64], block[2 * (sizeof client->key + sizeof client->iv)];
    memcpy(seed, label, sizeof label - 1);
    memcpy(seed + sizeof label - 1, material->server_random, 32);
    memcpy(seed + sizeof label - 1 + 32, material->client_random, 32);
    bool done = apus_tls12_expand(hmac, material->master, sizeof material->master, seed, sizeof seed, block,
                                  2 * (key_count + iv_count));
    if (done) {
        memcpy(client->key, block, key_count);
        memcpy(server->key, block + key_count, key_count);
        memcpy(client->iv, block + 2 * key_count, iv_count);
        memcpy(server->iv, block + 2 * key_count + iv_count, iv_count);
    }
    OPENSSL_cleanse(block, sizeof block);
    return done;
}

/// The nonce that goes with the first record of a direction that writes: those of the next ones count up from it.
static inline void apus_tls12_set_first_nonce(apus_tls_keys *_Nonnull keys, uint64_t first) {
    apus_tls_put_number(keys->iv + 4, first);
}

/// The part of the next record's nonce that stands in it.
static inline uint64_t apus_tls12_next_nonce(const apus_tls_keys *_Nonnull keys) {
    return apus_tls_number(keys->iv + 4) + keys->sequence;
}

/// Tells a context what is authenticated with a record besides its content (RFC 5246, 6.2.3.3).
static inline bool apus_tls12_begin(EVP_CIPHER_CTX *_Nonnull context, const apus_tls_keys *_Nonnull keys,
                                    unsigned char type, size_t count) {
    unsigned char known[13] = {0, 0, 0, 0, 0, 0, 0, 0, type, 3, 3, (unsigned char)(count >> 8), (unsigned char)count};
    int made = 0;
    apus_tls_put_number(known, keys->sequence);
    return EVP_CipherUpdate(context, NULL, &made, known, sizeof known) == 1;
}

/// Writes the record of some content, at least a byte: longer than it by header and tag, and by `nonce_count` bytes, 8
/// for AES-GCM and 0 for ChaCha20-Poly1305.
static inline bool apus_tls12_seal(EVP_CIPHER_CTX *_Nonnull context, apus_tls_keys *_Nonnull keys, size_t nonce_count,
                                   unsigned char type, const unsigned char *_Nonnull content, size_t count,
                                   unsigned char *_Nonnull record) {
    int made = 0;
    size_t length = nonce_count + count + 16;
    unsigned char *body = record + 5 + nonce_count;
    record[0] = type;
    record[1] = 3;
    record[2] = 3;
    record[3] = (unsigned char)(length >> 8);
    record[4] = (unsigned char)length;
    if (nonce_count > 0) {
        unsigned char nonce[12];
        memcpy(nonce, keys->iv, 4);
        apus_tls_put_number(nonce + 4, apus_tls12_next_nonce(keys));
        memcpy(record + 5, nonce + 4, 8);
        if (EVP_CipherInit_ex2(context, NULL, NULL, nonce, true, NULL) != 1) return false;
    } else if (!apus_tls_set_nonce(context, keys, true)) {
        return false;
    }
    if (!apus_tls12_begin(context, keys, type, count) ||
        EVP_EncryptUpdate(context, body, &made, content, (int)count) != 1 ||
        EVP_EncryptFinal_ex(context, body + count, &made) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, body + count) != 1)
        return false;
    keys->sequence++;
    return true;
}

/// Decrypts a record, whose header says that `length` bytes follow it, at least `nonce_count + 16`: so many less come
/// out, in which nobody may look when it is false.
static inline bool apus_tls12_open(EVP_CIPHER_CTX *_Nonnull context, apus_tls_keys *_Nonnull keys, size_t nonce_count,
                                   const unsigned char *_Nonnull record, size_t length, unsigned char *_Nonnull text) {
    int made = 0;
    const unsigned char *body = record + 5 + nonce_count;
    size_t count = length - nonce_count - 16;
    if (nonce_count > 0) {
        unsigned char nonce[12];
        memcpy(nonce, keys->iv, 4);
        memcpy(nonce + 4, record + 5, 8);
        if (EVP_CipherInit_ex2(context, NULL, NULL, nonce, false, NULL) != 1) return false;
    } else if (!apus_tls_set_nonce(context, keys, false)) {
        return false;
    }
    if (EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, (void *)(body + count)) != 1 ||
        !apus_tls12_begin(context, keys, record[0], count) ||
        (count > 0 && EVP_DecryptUpdate(context, text, &made, body, (int)count) != 1) ||
        EVP_DecryptFinal_ex(context, text + count, &made) != 1)
        return false;
    keys->sequence++;
    return true;
}

#endif
