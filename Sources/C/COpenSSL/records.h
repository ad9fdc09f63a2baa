// The record protection of TLS 1.3 (RFC 8446, 5.2 and 7) by OpenSSL's ciphers.
#ifndef APUS_COPENSSL_RECORDS_H
#define APUS_COPENSSL_RECORDS_H

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/// What protects one direction: the secret from which the next key comes, the key, and how many records had it. TLS 1.2
/// has no next key, so no secret.
typedef struct apus_tls_keys {
    unsigned char secret[48];
    unsigned char key[32];
    unsigned char iv[12];
    uint64_t sequence;
} apus_tls_keys;

static inline void apus_tls_cleanse(apus_tls_keys *_Nonnull keys) { OPENSSL_cleanse(keys, sizeof *keys); }

/// HMAC with a digest, which `apus_tls_expand` uses again and again; NULL without memory.
static inline EVP_MAC_CTX *_Nullable apus_tls_hmac(const char *_Nonnull digest) {
    EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    EVP_MAC_CTX *made = mac ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac);
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest, 0),
                               OSSL_PARAM_construct_end()};
    if (made && EVP_MAC_CTX_set_params(made, parameters) == 1) return made;
    EVP_MAC_CTX_free(made);
    return NULL;
}

/// HKDF-Expand-Label with an empty context, for no more bytes than the digest has, and labels up to 18 bytes
/// (RFC 8446, 7.1; RFC 5869, 2.3).
static inline bool apus_tls_expand(EVP_MAC_CTX *_Nonnull hmac, const unsigned char *_Nonnull secret, size_t secret_count,
                                   const char *_Nonnull label, unsigned char *_Nonnull into, size_t count) {
    unsigned char info[32] = {(unsigned char)(count >> 8), (unsigned char)count};
    unsigned char block[EVP_MAX_MD_SIZE];
    size_t label_count = strlen(label), made = 0;
    info[2] = (unsigned char)(6 + label_count);
    memcpy(info + 3, "tls13 ", 6);
    memcpy(info + 9, label, label_count);
    info[9 + label_count] = 0;
    info[10 + label_count] = 1;
    bool done = EVP_MAC_init(hmac, secret, secret_count, NULL) == 1 &&
                EVP_MAC_update(hmac, info, 11 + label_count) == 1 &&
                EVP_MAC_final(hmac, block, &made, sizeof block) == 1 && made >= count;
    if (done) memcpy(into, block, count);
    OPENSSL_cleanse(block, sizeof block);
    return done;
}

/// The key and the nonces' base that a secret stands for (RFC 8446, 7.3).
static inline bool apus_tls_derive(EVP_MAC_CTX *_Nonnull hmac, size_t secret_count, size_t key_count,
                                   apus_tls_keys *_Nonnull keys) {
    keys->sequence = 0;
    return apus_tls_expand(hmac, keys->secret, secret_count, "key", keys->key, key_count) &&
           apus_tls_expand(hmac, keys->secret, secret_count, "iv", keys->iv, sizeof keys->iv);
}

/// The next secret, and what it stands for (RFC 8446, 7.2).
static inline bool apus_tls_renew(EVP_MAC_CTX *_Nonnull hmac, size_t secret_count, size_t key_count,
                                  apus_tls_keys *_Nonnull keys) {
    unsigned char next[sizeof keys->secret];
    bool done = apus_tls_expand(hmac, keys->secret, secret_count, "traffic upd", next, secret_count);
    if (done) memcpy(keys->secret, next, secret_count);
    OPENSSL_cleanse(next, sizeof next);
    return done && apus_tls_derive(hmac, secret_count, key_count, keys);
}

/// Gives a context a key, and a cipher when it had another one.
static inline bool apus_tls_set_key(EVP_CIPHER_CTX *_Nonnull context, const EVP_CIPHER *_Nullable cipher,
                                    const apus_tls_keys *_Nonnull keys, bool seals) {
    return EVP_CipherInit_ex2(context, cipher, keys->key, NULL, seals, NULL) == 1;
}

/// Each record has a nonce of its own (RFC 8446, 5.3).
static inline bool apus_tls_set_nonce(EVP_CIPHER_CTX *_Nonnull context, const apus_tls_keys *_Nonnull keys, bool seals) {
    unsigned char nonce[sizeof keys->iv];
    memcpy(nonce, keys->iv, sizeof nonce);
    for (int i = 0; i < 8; i++) nonce[11 - i] ^= (unsigned char)(keys->sequence >> (8 * i));
    return EVP_CipherInit_ex2(context, NULL, NULL, nonce, seals, NULL) == 1;
}

/// What a record is longer than its content: header, content type and tag.
static const size_t apus_tls_record_overhead = 5 + 1 + 16;

/// Writes the record of some content, which it is `apus_tls_record_overhead` longer than.
static inline bool apus_tls_seal(EVP_CIPHER_CTX *_Nonnull context, apus_tls_keys *_Nonnull keys, unsigned char type,
                                 const unsigned char *_Nonnull content, size_t count, unsigned char *_Nonnull record) {
    int made = 0;
    size_t length = count + 1 + 16;
    unsigned char *body = record + 5;
    record[0] = 23;
    record[1] = 3;
    record[2] = 3;
    record[3] = (unsigned char)(length >> 8);
    record[4] = (unsigned char)length;
    if (!apus_tls_set_nonce(context, keys, true) || EVP_EncryptUpdate(context, NULL, &made, record, 5) != 1) return false;
    if (count <= 1024) {
        // One call more costs as much as to copy this.
        memcpy(body, content, count);
        body[count] = type;
        if (EVP_EncryptUpdate(context, body, &made, body, (int)count + 1) != 1) return false;
    } else if (EVP_EncryptUpdate(context, body, &made, content, (int)count) != 1 ||
               EVP_EncryptUpdate(context, body + count, &made, &type, 1) != 1) {
        return false;
    }
    if (EVP_EncryptFinal_ex(context, body + count + 1, &made) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, body + count + 1) != 1)
        return false;
    keys->sequence++;
    return true;
}

/// Decrypts a record, whose header says that `length` bytes follow it, at least 16: `length - 16` bytes come out, in
/// which nobody may look when it is false.
static inline bool apus_tls_open(EVP_CIPHER_CTX *_Nonnull context, apus_tls_keys *_Nonnull keys,
                                 const unsigned char *_Nonnull record, size_t length, unsigned char *_Nonnull text) {
    int made = 0;
    const unsigned char *body = record + 5;
    size_t count = length - 16;
    if (!apus_tls_set_nonce(context, keys, false) ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, (void *)(body + count)) != 1 ||
        EVP_DecryptUpdate(context, NULL, &made, record, 5) != 1 ||
        (count > 0 && EVP_DecryptUpdate(context, text, &made, body, (int)count) != 1) ||
        EVP_DecryptFinal_ex(context, text + count, &made) != 1)
        return false;
    keys->sequence++;
    return true;
}

#endif
