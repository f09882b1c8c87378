/* What every cmocka test includes, in the order cmocka wants it. */
#ifndef HWP_TEST_UNIT_H
#define HWP_TEST_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
