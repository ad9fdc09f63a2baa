// The notes from which a session's keys are taken over once OpenSSL has done its handshake.
#ifndef APUS_COPENSSL_TAKING_OVER_H
#define APUS_COPENSSL_TAKING_OVER_H

#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "records12.h"
#include "session.h"

typedef void (*apus_message_callback)(int is_written, int version, int kind, const void *_Nullable bytes, size_t count,
                                      SSL *_Nullable session, void *_Nullable argument);

/// What is noted of a session during its handshake: the secrets of its application data, which TLS 1.2 does not have, and
/// how many records the keys have protected. It is the session's (ex_data), whatever thread computes it.
typedef struct apus_tls_notes {
    unsigned char client[48];
    unsigned char server[48];
    unsigned client_count;
    unsigned server_count;
    uint64_t read;
    uint64_t written;
    /// The nonce that went with the first record we protected: TLS 1.2 with AES-GCM.
    uint64_t first_nonce;
    bool has_first_nonce;
} apus_tls_notes;

static inline void apus_tls_free_notes(apus_tls_notes *_Nullable notes) { OPENSSL_clear_free(notes, sizeof *notes); }

static inline void apus_tls_release_notes(void *_Nullable owner, void *_Nullable notes, CRYPTO_EX_DATA *_Nullable data,
                                          int index, long number, void *_Nullable argument) {
    (void)owner;
    (void)data;
    (void)index;
    (void)number;
    (void)argument;
    apus_tls_free_notes((apus_tls_notes *)notes);
}

static inline apus_tls_notes *_Nullable apus_tls_notes_of(const SSL *_Nonnull ssl, int index) {
    return (apus_tls_notes *)SSL_get_ex_data(ssl, index);
}

/// A session's notes, which are the caller's from now on; NULL when it has none.
static inline apus_tls_notes *_Nullable apus_tls_take_notes(SSL *_Nonnull ssl, int index) {
    apus_tls_notes *notes = apus_tls_notes_of(ssl, index);
    if (notes) SSL_set_ex_data(ssl, index, NULL);
    return notes;
}

/// The secrets that were noted, `client_count` and `server_count` bytes.
static inline const unsigned char *_Nonnull apus_tls_client_secret(const apus_tls_notes *_Nonnull notes) {
    return notes->client;
}
static inline const unsigned char *_Nonnull apus_tls_server_secret(const apus_tls_notes *_Nonnull notes) {
    return notes->server;
}

/// A session's notes, begun if there are none; NULL without memory.
static inline apus_tls_notes *_Nullable apus_tls_begin_notes(SSL *_Nonnull ssl, int index) {
    apus_tls_notes *notes = apus_tls_notes_of(ssl, index);
    if (notes) return notes;
    notes = (apus_tls_notes *)OPENSSL_zalloc(sizeof *notes);
    if (!notes || SSL_set_ex_data(ssl, index, notes) == 1) return notes;
    apus_tls_free_notes(notes);
    return NULL;
}

static inline int apus_tls_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// Notes the secret of a line of the key log, "LABEL random secret" in hexadecimal digits, when it is one of the two
/// that protect application data: the keys change at this moment, and their records are counted from now on.
static inline void apus_tls_note_line(SSL *_Nonnull ssl, int index, const char *_Nonnull line) {
    bool is_client = strncmp(line, "CLIENT_TRAFFIC_SECRET_0 ", 24) == 0;
    if (!is_client && strncmp(line, "SERVER_TRAFFIC_SECRET_0 ", 24) != 0) return;
    apus_tls_notes *notes = apus_tls_begin_notes(ssl, index);
    if (!notes) return;
    const char *digits = strrchr(line, ' ') + 1;
    unsigned char *secret = is_client ? notes->client : notes->server;
    unsigned count = 0;
    while (count < sizeof notes->client && apus_tls_digit(digits[0]) >= 0 && apus_tls_digit(digits[1]) >= 0) {
        secret[count++] = (unsigned char)(apus_tls_digit(digits[0]) * 16 + apus_tls_digit(digits[1]));
        digits += 2;
    }
    if (is_client) {
        notes->client_count = count;
        notes->read = 0;
    } else {
        notes->server_count = count;
        notes->written = 0;
    }
}

/// Counts a record of TLS 1.3: OpenSSL tells the inner content type of each that was protected, once it was read or written.
static inline void apus_tls_note_record(SSL *_Nonnull ssl, int index, bool is_written) {
    apus_tls_notes *notes = apus_tls_notes_of(ssl, index);
    if (!notes) return;
    if (is_written) notes->written++; else notes->read++;
}

/// Counts a record of TLS 1.2 by its header: the keys are used from the record behind a ChangeCipherSpec on (RFC 5246,
/// 7.1).
static inline void apus_tls12_note_header(SSL *_Nonnull ssl, int index, bool is_written,
                                          const unsigned char *_Nonnull header) {
    if (SSL_version(ssl) != TLS1_2_VERSION) return;
    bool is_change = header[0] == SSL3_RT_CHANGE_CIPHER_SPEC;
    apus_tls_notes *notes = is_change ? apus_tls_begin_notes(ssl, index) : apus_tls_notes_of(ssl, index);
    if (!notes) return;
    uint64_t *count = is_written ? &notes->written : &notes->read;
    *count = is_change ? 0 : *count + 1;
}

/// Notes the nonce of our Finished, when it is what was written last in a handshake of TLS 1.2: OpenSSL chooses it by
/// chance, and no later record may have it (RFC 5288, 3).
static inline void apus_tls12_note_finished(const SSL *_Nonnull ssl, int index, const apus_tls_io *_Nonnull io) {
    // Header, nonce, the message's own header, verify_data, tag.
    enum { size = 5 + 8 + 4 + 12 + 16 };
    static const unsigned char header[5] = {SSL3_RT_HANDSHAKE, 3, 3, 0, size - 5};
    apus_tls_notes *notes = apus_tls_notes_of(ssl, index);
    if (!notes || notes->has_first_nonce || notes->written != 1) return;
    const unsigned char *written = io->spill_count > 0 ? io->spill : io->output;
    size_t count = io->spill_count > 0 ? io->spill_count : io->output_count;
    if (count < size || memcmp(written + count - size, header, sizeof header) != 0) return;
    notes->first_nonce = apus_tls_number(written + count - size + sizeof header);
    notes->has_first_nonce = true;
}

/// What the keys of a session of TLS 1.2 come from (RFC 5246, 6.3): all of it, once its handshake is done.
static inline bool apus_tls12_read_material(const SSL *_Nonnull ssl, apus_tls12_material *_Nonnull material) {
    const SSL_SESSION *session = SSL_get_session(ssl);
    return session &&
           SSL_SESSION_get_master_key(session, material->master, sizeof material->master) == sizeof material->master &&
           SSL_get_client_random(ssl, material->client_random, sizeof material->client_random) == 32 &&
           SSL_get_server_random(ssl, material->server_random, sizeof material->server_random) == 32;
}

#endif
