// OpenSSL 3 as Swift sees it: what it has as macros, varargs or out-parameters. Inline, so that a call from Swift costs
// what it costs from C.
#ifndef APUS_COPENSSL_SHIM_H
#define APUS_COPENSSL_SHIM_H

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "context.h"
#include "mac.h"
#include "records.h"
#include "records12.h"
#include "session.h"
#include "takingover.h"

#endif
