#ifndef APUS_CURING_SHIM_H
#define APUS_CURING_SHIM_H
#include <liburing.h>
#endif
