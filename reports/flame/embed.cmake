# Files as arrays of a C file: cmake -DOUT=FILE -P embed.cmake
set(text "/* made from reports/flame/ */\nextern const char hwp_flame_css[], hwp_flame_js[];\n")
foreach(pair css js)
  file(READ ${CMAKE_CURRENT_LIST_DIR}/flame.${pair} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND text "const char hwp_flame_${pair}[] = {${bytes}0};\n")
endforeach()
file(WRITE ${OUT} "${text}")
