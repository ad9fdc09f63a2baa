// What a TLS session reads from and writes to: memory, not a socket. One BIO serves all sessions of a thread, for it
// holds nothing of theirs; where the next call reads and writes stands in `apus_tls_io`, set before each call.
#ifndef APUS_COPENSSL_SESSION_H
#define APUS_COPENSSL_SESSION_H

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdbool.h>
#include <string.h>

// Input is read in place. Output is appended to `output`; what has no room there, for a message that the session sends
// of its own accord may come at any time, goes to `spill`, which grows: so a write never fails for want of room.
typedef struct apus_tls_io {
    const unsigned char *input;
    size_t input_count;
    unsigned char *output;
    size_t output_count;
    size_t output_room;
    unsigned char *spill;
    size_t spill_count;
    size_t spill_room;
} apus_tls_io;

static inline int apus_tls_bio_read(BIO *bio, char *target, size_t wanted, size_t *got) {
    apus_tls_io *io = (apus_tls_io *)BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (io->input_count == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    size_t count = wanted < io->input_count ? wanted : io->input_count;
    memcpy(target, io->input, count);
    io->input += count;
    io->input_count -= count;
    *got = count;
    return 1;
}

// Room for bytes that follow what was written; they count as written. NULL without memory.
static inline unsigned char *apus_tls_extend(apus_tls_io *io, size_t count) {
    if (io->spill_count == 0 && count <= io->output_room - io->output_count) {
        io->output_count += count;
        return io->output + io->output_count - count;
    }
    if (count > io->spill_room - io->spill_count) {
        size_t room = (io->spill_count + count) * 2;
        unsigned char *larger = (unsigned char *)OPENSSL_realloc(io->spill, room);
        if (larger == NULL) return NULL;
        io->spill = larger;
        io->spill_room = room;
    }
    io->spill_count += count;
    return io->spill + io->spill_count - count;
}

static inline int apus_tls_bio_write(BIO *bio, const char *source, size_t count, size_t *written) {
    unsigned char *target = apus_tls_extend((apus_tls_io *)BIO_get_data(bio), count);
    BIO_clear_retry_flags(bio);
    *written = count;
    if (target == NULL) return 0;
    memcpy(target, source, count);
    return 1;
}

// Appends a fatal alert's record. There must be room.
static inline void apus_tls_write_alert(apus_tls_io *io, unsigned char alert) {
    const unsigned char record[] = {21, 3, 1, 0, 2, 2, alert};
    memcpy(io->output + io->output_count, record, sizeof record);
    io->output_count += sizeof record;
}

static inline void apus_tls_free_spill(apus_tls_io *io) { OPENSSL_free(io->spill); }

static inline long apus_tls_bio_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

// The method of such a BIO, NULL without memory. Made once for the process, and never freed.
static inline BIO_METHOD *apus_tls_bio_method(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "apus");
    if (method == NULL) return NULL;
    BIO_meth_set_read_ex(method, apus_tls_bio_read);
    BIO_meth_set_write_ex(method, apus_tls_bio_write);
    BIO_meth_set_ctrl(method, apus_tls_bio_control);
    return method;
}

static inline BIO *apus_tls_bio_new(const BIO_METHOD *method, apus_tls_io *io) {
    BIO *bio = BIO_new(method);
    if (bio == NULL) return NULL;
    BIO_set_data(bio, io);
    BIO_set_init(bio, 1);
    return bio;
}

// Has a session read and write through `bio`, of which it takes a reference of its own.
static inline void apus_tls_attach(SSL *ssl, BIO *bio) {
    BIO_up_ref(bio);
    SSL_set_bio(ssl, bio, bio);
}

// What every session is set to, whatever its context says: an idle one keeps no record buffers, all of a write is
// encrypted at once, the peer can't have the keys negotiated anew, and no more is read from the input than the record in
// hand needs.
static inline void apus_tls_prepare(SSL *ssl, bool is_server) {
    SSL_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_clear_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_set_options(ssl, SSL_OP_NO_RENEGOTIATION);
    SSL_set_read_ahead(ssl, 0);
    if (is_server) SSL_set_accept_state(ssl); else SSL_set_connect_state(ssl);
}

// What became of a call: OpenSSL looks at the thread's error queue for it, which must be empty before the call.
static inline void apus_tls_clear_errors(void) {
    if (ERR_peek_error() != 0) ERR_clear_error();
}

// The first error of the thread's queue, which is empty then; 0 when there was none.
static inline unsigned long apus_tls_take_error(void) {
    unsigned long first = ERR_get_error();
    if (first != 0) ERR_clear_error();
    return first;
}

static inline int apus_tls_error_library(unsigned long error) { return ERR_GET_LIB(error); }
static inline int apus_tls_error_reason(unsigned long error) { return ERR_GET_REASON(error); }

#endif
