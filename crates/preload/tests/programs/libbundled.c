/* The plug-in once more, linked with another libssl. */
#include "libplugin.c"
