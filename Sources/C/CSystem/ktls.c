// Of its own, for the C library's header of TCP knows less than the kernel's, and no file can have both.
#include "CSystem.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#if defined(__linux__) && __has_include(<linux/tls.h>)
#include <linux/tcp.h>
#include <linux/tls.h>
#if defined(TLS_1_3_VERSION) && defined(TLS_CIPHER_CHACHA20_POLY1305)
#define APUS_HAS_KTLS 1
#endif
#endif

#if defined(APUS_HAS_KTLS)

// Of <linux/socket.h>, which the C library's headers leave out.
#ifndef SOL_TLS
#define SOL_TLS 282
#endif

static void write_number(unsigned char *into, uint64_t number) {
  for (int i = 0; i < 8; i++) into[7 - i] = (unsigned char)(number >> (8 * i));
}

static uint64_t read_number(const unsigned char *from) {
  uint64_t number = 0;
  for (int i = 0; i < 8; i++) number = number << 8 | from[i];
  return number;
}

// The kernel splits the twelve bytes of a nonce's base for AES-GCM as TLS 1.2 does: four of salt, eight of nonce. In TLS 1.2
// it wants the eight as the next record has them, and counts up from there.
#define DESCRIBE_GCM(type, name)                       \
  do {                                                 \
    struct type said = {{version, name}, {0}, {0}, {0}, {0}}; \
    memcpy(said.salt, iv, sizeof said.salt);           \
    memcpy(said.iv, iv + sizeof said.salt, sizeof said.iv); \
    if (version == TLS_1_2_VERSION)                    \
      write_number(said.iv, read_number(said.iv) + sequence); \
    memcpy(said.key, key, sizeof said.key);            \
    write_number(said.rec_seq, sequence);              \
    memcpy(into, &said, sizeof said);                  \
    explicit_bzero(&said, sizeof said);                \
    return sizeof said;                                \
  } while (0)

size_t apus_ktls_describe(uint16_t version, uint16_t suite, const unsigned char *key, const unsigned char *iv,
                          uint64_t sequence, unsigned char *into) {
  _Static_assert(sizeof(struct tls12_crypto_info_aes_gcm_256) <= APUS_KTLS_SIZE, "AES-256-GCM");
  _Static_assert(sizeof(struct tls12_crypto_info_chacha20_poly1305) <= APUS_KTLS_SIZE, "ChaCha20");
  switch (suite) {
  case 0x1301: DESCRIBE_GCM(tls12_crypto_info_aes_gcm_128, TLS_CIPHER_AES_GCM_128);
  case 0x1302: DESCRIBE_GCM(tls12_crypto_info_aes_gcm_256, TLS_CIPHER_AES_GCM_256);
  case 0x1303: {
    struct tls12_crypto_info_chacha20_poly1305 said = {
        .info = {version, TLS_CIPHER_CHACHA20_POLY1305}};
    memcpy(said.iv, iv, sizeof said.iv);
    memcpy(said.key, key, sizeof said.key);
    write_number(said.rec_seq, sequence);
    memcpy(into, &said, sizeof said);
    explicit_bzero(&said, sizeof said);
    return sizeof said;
  }
  default: return 0;
  }
}

int apus_ktls_seal_errno(int socket, uint16_t version, uint16_t suite, const unsigned char *key,
                         const unsigned char *iv, uint64_t sequence) {
  if (setsockopt(socket, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls") < 0) return -errno;
  unsigned char said[APUS_KTLS_SIZE];
  size_t count = apus_ktls_describe(version, suite, key, iv, sequence, said);
  int result = count == 0 ? -ENOTSUP : setsockopt(socket, SOL_TLS, TLS_TX, said, (socklen_t)count) < 0 ? -errno : 0;
  explicit_bzero(said, sizeof said);
  return result;
}

int apus_ktls_send_alert_errno(int socket, unsigned char level, unsigned char alert) {
  unsigned char bytes[2] = {level, alert};
  struct iovec piece = {bytes, sizeof bytes};
  union {
    struct cmsghdr aligned;
    unsigned char room[CMSG_SPACE(1)];
  } control = {0};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_LEN(1)};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_TLS;
  header->cmsg_type = TLS_SET_RECORD_TYPE;
  header->cmsg_len = CMSG_LEN(1);
  *CMSG_DATA(header) = 21;
  return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

#else

size_t apus_ktls_describe(uint16_t version, uint16_t suite, const unsigned char *key, const unsigned char *iv,
                          uint64_t sequence, unsigned char *into) {
  return 0;
}

int apus_ktls_seal_errno(int socket, uint16_t version, uint16_t suite, const unsigned char *key,
                         const unsigned char *iv, uint64_t sequence) {
  return -ENOTSUP;
}

int apus_ktls_send_alert_errno(int socket, unsigned char level, unsigned char alert) { return -ENOTSUP; }

#endif
