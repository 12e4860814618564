# All of binary translation but its start: hosted binary translation starts in another way.
set(VMM_TRANSLATOR)
foreach(source monitor boundary translator sequences adaptation)
    list(APPEND VMM_TRANSLATOR ${CMAKE_CURRENT_LIST_DIR}/${source}.cpp)
endforeach()
foreach(source emulate_sensitive translation_cache/cache_data translation_cache/code_cache)
    list(APPEND VMM_TRANSLATOR ${CMAKE_CURRENT_LIST_DIR}/../common/${source}.cpp)
endforeach()
