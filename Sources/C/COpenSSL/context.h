// What sets an SSL_CTX up, as Swift sees it: OpenSSL's macros as functions, and its options as constants.
#ifndef APUS_COPENSSL_CONTEXT_H
#define APUS_COPENSSL_CONTEXT_H

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/// An SSL_CTX that is set up and from now on only read. Sendable holds because OpenSSL counts its references atomically
/// and guards what a handshake changes in it (the session cache, the ex_data) with locks of its own: openssl-threads(7).
typedef struct __attribute__((swift_attr("@Sendable"))) apus_shared_context {
  SSL_CTX *_Nonnull context;
} apus_shared_context;

/// A cipher that was looked up once: never changed, and its references are counted atomically.
typedef struct __attribute__((swift_attr("@Sendable"))) apus_shared_cipher {
  EVP_CIPHER *_Nullable cipher;
} apus_shared_cipher;

/// A session that a client keeps: whoever holds it touches it under a lock, or is its only holder.
typedef struct __attribute__((swift_attr("@Sendable"))) apus_shared_session {
  SSL_SESSION *_Nonnull session;
} apus_shared_session;

static const uint64_t apus_option_no_renegotiation = SSL_OP_NO_RENEGOTIATION;
static const uint64_t apus_option_no_compression = SSL_OP_NO_COMPRESSION;
static const uint64_t apus_option_no_ticket = SSL_OP_NO_TICKET;
static const uint64_t apus_option_server_preference = SSL_OP_CIPHER_SERVER_PREFERENCE;
static const uint64_t apus_option_prioritize_chacha = SSL_OP_PRIORITIZE_CHACHA;

static inline bool apus_set_versions(SSL_CTX *_Nonnull context, int minimum, int maximum) {
  return SSL_CTX_set_min_proto_version(context, minimum) == 1 && SSL_CTX_set_max_proto_version(context, maximum) == 1;
}
static inline bool apus_set_groups(SSL_CTX *_Nonnull context, const char *_Nonnull list) {
  return SSL_CTX_set1_groups_list(context, list) == 1;
}
/// How sessions make and keep their records: what is sent may be a part of what was asked for, from memory that moved,
/// and an idle session holds no buffers.
static inline void apus_set_modes(SSL_CTX *_Nonnull context) {
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
}
/// Finite-field Diffie-Hellman with the 2048-bit group of RFC 7919, for TLS 1.2 clients that know no curve.
static inline bool apus_set_ffdhe2048(SSL_CTX *_Nonnull context) {
  bool done = false;
  EVP_PKEY *group = NULL;
  EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"ffdhe2048", 0),
                             OSSL_PARAM_construct_end()};
  if (maker && EVP_PKEY_paramgen_init(maker) == 1 && EVP_PKEY_CTX_set_params(maker, parameters) == 1 &&
      EVP_PKEY_generate(maker, &group) == 1)
    done = SSL_CTX_set0_tmp_dh_pkey(context, group) == 1;
  if (!done) EVP_PKEY_free(group);
  EVP_PKEY_CTX_free(maker);
  return done;
}
/// Adds a certificate to the chain of the one that was set last; counts a reference of its own.
static inline bool apus_add_chain(SSL_CTX *_Nonnull context, X509 *_Nonnull certificate) {
  return SSL_CTX_add1_chain_cert(context, certificate) == 1;
}

typedef int (*apus_name_callback)(SSL *_Nullable session, int *_Nullable alert, void *_Nullable argument);
static inline void apus_set_name_callback(SSL_CTX *_Nonnull context, apus_name_callback _Nonnull callback,
                                          void *_Nullable argument) {
  SSL_CTX_set_tlsext_servername_callback(context, callback);
  SSL_CTX_set_tlsext_servername_arg(context, argument);
}
static inline bool apus_set_peer_name(SSL *_Nonnull session, const char *_Nonnull name) {
  return SSL_set_tlsext_host_name(session, name) == 1;
}

typedef int (*apus_status_callback)(SSL *_Nullable session, void *_Nullable argument);
static inline void apus_set_status_callback(SSL_CTX *_Nonnull context, apus_status_callback _Nonnull callback) {
  SSL_CTX_set_tlsext_status_cb(context, callback);
}
/// Has a session staple a copy of an OCSP response.
static inline bool apus_staple(SSL *_Nonnull session, const uint8_t *_Nonnull response, long count) {
  void *copy = OPENSSL_memdup(response, count);
  if (!copy) return false;
  if (SSL_set_tlsext_status_ocsp_resp(session, copy, count) == 1) return true;
  OPENSSL_free(copy);
  return false;
}

static inline void apus_set_session_cache(SSL_CTX *_Nonnull context, long mode, long capacity) {
  SSL_CTX_set_session_cache_mode(context, mode);
  SSL_CTX_sess_set_cache_size(context, capacity);
}

typedef int (*apus_ticket_callback)(SSL *_Nullable session, unsigned char *_Nullable name, unsigned char *_Nullable iv,
                                    EVP_CIPHER_CTX *_Nullable cipher, EVP_MAC_CTX *_Nullable mac, int seals);
static inline void apus_set_ticket_callback(SSL_CTX *_Nonnull context, apus_ticket_callback _Nonnull callback) {
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, callback);
}
/// Has a ticket be authenticated with HMAC-SHA256 by a key of 32 bytes.
static inline bool apus_set_mac_key(EVP_MAC_CTX *_Nonnull mac, const uint8_t *_Nonnull key) {
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)key, 32),
                             OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
                             OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

/// An index for a Swift object in an SSL_CTX or SSL, given back when that is freed; -1 when OpenSSL has no memory.
static inline int apus_new_index(int kind, CRYPTO_EX_free *_Nonnull release) {
  return CRYPTO_get_ex_new_index(kind, 0, NULL, NULL, NULL, release);
}

/// What OpenSSL asks for when a key is encrypted. It would ask the terminal if it were not given anything.
struct apus_passphrase {
  const char *_Nullable text;
  int count;
  bool was_asked;
};
static inline int apus_give_passphrase(char *_Nullable into, int size, int for_writing, void *_Nullable passphrase) {
  (void)for_writing;
  struct apus_passphrase *given = (struct apus_passphrase *)passphrase;
  given->was_asked = true;
  if (!given->text || given->count > size) return -1;
  memcpy(into, given->text, (size_t)given->count);
  return given->count;
}
static inline EVP_PKEY *_Nullable apus_read_key(BIO *_Nonnull from, struct apus_passphrase *_Nonnull passphrase) {
  return PEM_read_bio_PrivateKey(from, NULL, apus_give_passphrase, passphrase);
}
static inline X509 *_Nullable apus_read_certificate(BIO *_Nonnull from) {
  struct apus_passphrase none = {NULL, 0, false};
  return PEM_read_bio_X509(from, NULL, apus_give_passphrase, &none);
}
static inline X509_CRL *_Nullable apus_read_revocations(BIO *_Nonnull from) {
  struct apus_passphrase none = {NULL, 0, false};
  return PEM_read_bio_X509_CRL(from, NULL, apus_give_passphrase, &none);
}
/// The bytes of a BIO in memory, which stay its own.
static inline long apus_bio_bytes(BIO *_Nonnull bio, char *_Nullable *_Nonnull bytes) {
  return BIO_get_mem_data(bio, bytes);
}

/// Names as RFC 4514 orders and escapes them, with UTF-8 left as it is.
static const unsigned long apus_name_style = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;

/// Seconds since 1970 of a time in a certificate.
static inline int64_t apus_seconds(const ASN1_TIME *_Nullable time) {
  int days = 0, seconds = 0;
  ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
  if (time && epoch) ASN1_TIME_diff(&days, &seconds, epoch, time);
  ASN1_TIME_free(epoch);
  return (int64_t)days * 86400 + seconds;
}
static inline int apus_certificate_count(const STACK_OF(X509) *_Nullable stack) { return sk_X509_num(stack); }
static inline X509 *_Nonnull apus_certificate_at(const STACK_OF(X509) *_Nonnull stack, int index) {
  return sk_X509_value(stack, index);
}
static inline void apus_free_certificates(STACK_OF(X509) *_Nullable stack) { sk_X509_pop_free(stack, X509_free); }
static inline STACK_OF(X509_NAME) *_Nullable apus_new_names(void) { return sk_X509_NAME_new_null(); }
/// Adds a copy of a certificate's subject.
static inline void apus_add_subject(STACK_OF(X509_NAME) *_Nonnull names, X509 *_Nonnull certificate) {
  X509_NAME *copy = X509_NAME_dup(X509_get_subject_name(certificate));
  if (copy && sk_X509_NAME_push(names, copy) <= 0) X509_NAME_free(copy);
}

/// The alternative names of a certificate; NULL when it has none. Freed with apus_free_alternatives.
static inline GENERAL_NAMES *_Nullable apus_alternatives(const X509 *_Nonnull certificate) {
  return (GENERAL_NAMES *)X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
}
static inline int apus_alternative_count(const GENERAL_NAMES *_Nonnull names) { return sk_GENERAL_NAME_num(names); }
static inline void apus_free_alternatives(GENERAL_NAMES *_Nullable names) { GENERAL_NAMES_free(names); }
/// The kind (GEN_DNS, GEN_IPADD, GEN_EMAIL, GEN_URI; others have no bytes) and the bytes of an alternative name.
static inline int apus_alternative(const GENERAL_NAMES *_Nonnull names, int index,
                                   const uint8_t *_Nullable *_Nonnull bytes, int *_Nonnull count) {
  const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
  *bytes = NULL;
  *count = 0;
  if (name->type == GEN_DNS || name->type == GEN_IPADD || name->type == GEN_EMAIL || name->type == GEN_URI) {
    *bytes = ASN1_STRING_get0_data(name->d.ia5);
    *count = ASN1_STRING_length(name->d.ia5);
  }
  return name->type;
}
/// Whether a certificate says where its issuer's is (the caIssuers of RFC 5280, 4.2.2.1), as those of public
/// authorities do.
static inline bool apus_names_issuer_place(const X509 *_Nonnull certificate) {
  AUTHORITY_INFO_ACCESS *places =
      (AUTHORITY_INFO_ACCESS *)X509_get_ext_d2i(certificate, NID_info_access, NULL, NULL);
  bool found = false;
  for (int i = 0; places && i < sk_ACCESS_DESCRIPTION_num(places); i++)
    if (OBJ_obj2nid(sk_ACCESS_DESCRIPTION_value(places, i)->method) == NID_ad_ca_issuers) found = true;
  AUTHORITY_INFO_ACCESS_free(places);
  return found;
}

/// A new private key: EC P-256, P-384, RSA with some bits, or Ed25519.
static inline EVP_PKEY *_Nullable apus_generate_curve(const char *_Nonnull curve) {
  return EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve);
}
static inline EVP_PKEY *_Nullable apus_generate_rsa(size_t bits) { return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits); }
static inline EVP_PKEY *_Nullable apus_generate_ed25519(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"); }
/// Adds an extension by its value in the language of x509v3_config(5).
static inline bool apus_add_extension(X509 *_Nonnull certificate, X509 *_Nonnull issuer, int kind,
                                      const char *_Nonnull value) {
  X509V3_CTX place;
  X509V3_set_ctx(&place, issuer, certificate, NULL, NULL, 0);
  X509V3_set_ctx_nodb(&place);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &place, kind, value);
  if (!extension) return false;
  bool done = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return done;
}
static inline bool apus_write_key(BIO *_Nonnull into, EVP_PKEY *_Nonnull key) {
  return PEM_write_bio_PrivateKey(into, key, NULL, NULL, 0, NULL, NULL) == 1;
}

#endif
