/* A header with nothing before it. */
#include HEADER
extern int declared;
